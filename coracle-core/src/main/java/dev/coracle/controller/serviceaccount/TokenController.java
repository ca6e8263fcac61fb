package dev.coracle.controller.serviceaccount;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.DeleteOptions;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ListOptions;
import dev.coracle.api.StatusException;
import dev.coracle.client.Informers;
import dev.coracle.client.SharedInformer;
import dev.coracle.controller.Controller;
import dev.coracle.controller.ControllerContext;
import dev.coracle.controller.Names;
import dev.coracle.controller.ObjectKey;
import dev.coracle.controller.PodControl;
import dev.coracle.controller.Resources;
import dev.coracle.controller.Work;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Fills Secrets of type {@code kubernetes.io/service-account-token}, deletes them with their
 * ServiceAccount, takes those that went off its list, and, where legacy token Secrets are switched
 * on, makes one for each ServiceAccount and lists it there, as Kubernetes did before 1.24.
 */
public final class TokenController implements Controller {

  static final String TYPE = "kubernetes.io/service-account-token";
  static final String ACCOUNT_NAME = "kubernetes.io/service-account.name";
  static final String ACCOUNT_UID = "kubernetes.io/service-account.uid";
  private static final String BY_ACCOUNT = "serviceAccount";

  private sealed interface Key {
    record Account(ObjectKey key) implements Key {}

    record Secret(ObjectKey key) implements Key {}

    /** Of an account to a Secret that went. */
    record Reference(ObjectKey account, String secret) implements Key {}
  }

  private final ControllerContext context;
  private final TokenSigner signer;
  private final Supplier<String> ca;
  private final boolean legacySecrets;
  private final SharedInformer accounts;
  private final SharedInformer secrets;
  private final Work<Key> work;

  /**
   * @param ca the CA bundle (PEM) that the Secrets carry
   * @param legacySecrets whether each ServiceAccount gets a token Secret
   */
  public TokenController(
      ControllerContext context, TokenSigner signer, Supplier<String> ca, boolean legacySecrets) {
    this.context = context;
    this.signer = signer;
    this.ca = ca;
    this.legacySecrets = legacySecrets;
    this.accounts = context.informers().of(Resources.SERVICE_ACCOUNTS);
    this.secrets = tokenSecrets(context.informers());
    this.work = new Work<>(name(), context.clock(), 4, this::sync);
  }

  static SharedInformer tokenSecrets(Informers informers) {
    return informers.of(Resources.SECRETS, "", ListOptions.ALL.withFieldSelector("type=" + TYPE));
  }

  @Override
  public String name() {
    return "tokens-controller";
  }

  @Override
  public void start() throws InterruptedException {
    secrets.addIndex(
        BY_ACCOUNT, secret -> List.of(secret.namespace() + "/" + annotation(secret, ACCOUNT_NAME)));
    accounts.awaitSync();
    secrets.awaitSync();
    work.watch(accounts, account -> work.queue().add(new Key.Account(ObjectKey.of(account))));
    work.watch(
        secrets,
        secret -> {
          work.queue().add(new Key.Secret(ObjectKey.of(secret)));
          if (secrets.get(secret.namespace(), secret.name()) == null) {
            ObjectKey account = new ObjectKey(secret.namespace(), annotation(secret, ACCOUNT_NAME));
            work.queue().add(new Key.Reference(account, secret.name()));
            work.queue().add(new Key.Account(account));
          }
        });
    work.start();
  }

  @Override
  public void stop() {
    work.stop();
  }

  private static String annotation(KubeObject secret, String name) {
    return secret.text("metadata", "annotations", name);
  }

  private void sync(Key key) {
    switch (key) {
      case Key.Account(ObjectKey account) -> syncAccount(account);
      case Key.Secret(ObjectKey secret) -> syncSecret(secret);
      case Key.Reference(ObjectKey account, String secret) -> removeReference(account, secret);
    }
  }

  private void syncAccount(ObjectKey key) {
    KubeObject account = accounts.get(key.namespace(), key.name());
    if (account == null) {
      for (KubeObject secret : secrets.byIndex(BY_ACCOUNT, key.toString())) {
        delete(secret);
      }
      return;
    }
    if (legacySecrets && !account.isDeleting() && listedTokenSecret(account) == null) {
      addTokenSecret(key);
    }
  }

  /** A token Secret that the account lists and that is there. */
  private @Nullable KubeObject listedTokenSecret(KubeObject account) {
    for (JsonNode reference : account.at("secrets")) {
      KubeObject secret = secrets.get(account.namespace(), reference.path("name").asText());
      if (secret != null && annotation(secret, ACCOUNT_UID).equals(account.uid())) {
        return secret;
      }
    }
    return null;
  }

  private void addTokenSecret(ObjectKey key) {
    KubeObject account =
        context.client().find(Resources.SERVICE_ACCOUNTS, key.namespace(), key.name());
    if (account == null || account.isDeleting()) {
      return;
    }
    for (JsonNode reference : account.at("secrets")) {
      KubeObject listed =
          context
              .client()
              .find(Resources.SECRETS, key.namespace(), reference.path("name").asText());
      if (listed != null && listed.text("type").equals(TYPE)) {
        return; // the cache has not seen it yet
      }
    }
    String name = key.name() + "-token-" + Names.random(5);
    ObjectNode secret = Json.object().put("kind", "Secret").put("apiVersion", "v1");
    secret
        .putObject("metadata")
        .put("name", name)
        .put("namespace", key.namespace())
        .putObject("annotations")
        .put(ACCOUNT_NAME, key.name())
        .put(ACCOUNT_UID, account.uid());
    secret.put("type", TYPE);
    fill(secret, account, name);
    KubeObject created;
    try {
      created = context.client().create(Resources.SECRETS, key.namespace(), secret);
    } catch (StatusException e) {
      if (PodControl.isNamespaceTerminating(e)) {
        return;
      }
      throw e;
    }
    try {
      ObjectNode tree = account.mutableTree();
      tree.withArray("/secrets").addObject().put("name", name);
      context.client().update(Resources.SERVICE_ACCOUNTS, key.namespace(), key.name(), tree);
    } catch (StatusException e) {
      delete(created);
      throw e;
    }
  }

  /** An account does not list a token Secret that is gone. */
  private void removeReference(ObjectKey key, String secret) {
    KubeObject account =
        context.client().find(Resources.SERVICE_ACCOUNTS, key.namespace(), key.name());
    if (account == null
        || !lists(account, secret)
        || context.client().find(Resources.SECRETS, key.namespace(), secret) != null) {
      return;
    }
    ObjectNode tree = account.mutableTree();
    ArrayNode kept = Json.array();
    for (JsonNode reference : account.at("secrets")) {
      if (!reference.path("name").asText().equals(secret)) {
        kept.add(reference);
      }
    }
    if (kept.isEmpty()) {
      tree.remove("secrets");
    } else {
      tree.set("secrets", kept);
    }
    context.client().update(Resources.SERVICE_ACCOUNTS, key.namespace(), key.name(), tree);
  }

  private static boolean lists(KubeObject account, String secret) {
    for (JsonNode reference : account.at("secrets")) {
      if (reference.path("name").asText().equals(secret)) {
        return true;
      }
    }
    return false;
  }

  private void syncSecret(ObjectKey key) {
    KubeObject secret = secrets.get(key.namespace(), key.name());
    if (secret == null || secret.isDeleting()) {
      return;
    }
    String name = annotation(secret, ACCOUNT_NAME);
    if (name.isEmpty()) {
      return;
    }
    KubeObject account = accounts.get(key.namespace(), name);
    if (account == null) {
      account = context.client().find(Resources.SERVICE_ACCOUNTS, key.namespace(), name);
    }
    String uid = annotation(secret, ACCOUNT_UID);
    if (account == null || (!uid.isEmpty() && !uid.equals(account.uid()))) {
      delete(secret);
      return;
    }
    ObjectNode tree = secret.mutableTree();
    tree.withObject("/metadata").withObject("/annotations").put(ACCOUNT_UID, account.uid());
    fill(tree, account, key.name());
    if (!tree.equals(secret.tree())) {
      context.client().update(Resources.SECRETS, key.namespace(), key.name(), tree);
    }
  }

  /** Puts into a Secret what it lacks. */
  private void fill(ObjectNode secret, KubeObject account, String name) {
    ObjectNode data = secret.withObject("/data");
    data.put("ca.crt", base64(ca.get()));
    data.put("namespace", base64(account.namespace()));
    if (data.path("token").asText("").isEmpty()) {
      data.put(
          "token", base64(signer.sign(account.namespace(), account.name(), account.uid(), name)));
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private void delete(KubeObject secret) {
    try {
      context
          .client()
          .delete(
              Resources.SECRETS,
              secret.namespace(),
              secret.name(),
              DeleteOptions.uid(secret.uid()));
    } catch (StatusException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
    }
  }
}
