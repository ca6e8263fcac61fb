package dev.coracle.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What admission is told of a write, after authorization and defaulting and before it is stored.
 *
 * @param operation what is done
 * @param kind the kind of the object
 * @param resource the resource of the request
 * @param subresource empty when there is none
 * @param namespace empty for cluster-scoped objects
 * @param name may be empty on a create with generateName
 * @param object the new state; a mutating plugin changes this tree in place; null on delete
 * @param oldObject the stored state; null on create; nobody may change it
 * @param options the create, update, patch or delete options; null when there are none
 * @param user who asks
 * @param dryRun whether nothing will be stored
 * @param warnings messages for the {@code Warning} header: plugins add to it
 */
public record AdmissionAttributes(
    Operation operation,
    GroupVersionKind kind,
    GroupVersionResource resource,
    String subresource,
    String namespace,
    String name,
    @Nullable ObjectNode object,
    @Nullable KubeObject oldObject,
    @Nullable ObjectNode options,
    UserInfo user,
    boolean dryRun,
    List<String> warnings) {}
