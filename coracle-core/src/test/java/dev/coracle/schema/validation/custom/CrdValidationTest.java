package dev.coracle.schema.validation.custom;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusCause;
import dev.coracle.schema.validation.Validation;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class CrdValidationTest {

  private static final GroupVersionKind CRD =
      GroupVersionKind.of("apiextensions.k8s.io/v1", "CustomResourceDefinition");
  private static final String SCHEMA = "spec.validation.openAPIV3Schema";

  private static ObjectNode json(String text) {
    return Json.readObject(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static ObjectNode definition(String schema) {
    return json(
        """
        {'apiVersion':'apiextensions.k8s.io/v1','kind':'CustomResourceDefinition',
         'metadata':{'name':'ships.sea.example.com'},
         'spec':{'group':'sea.example.com','scope':'Namespaced','conversion':{'strategy':'None'},
          'names':{'plural':'ships','singular':'ship','kind':'Ship','listKind':'ShipList'},
          'versions':[{'name':'v1','served':true,'storage':true,'schema':{'openAPIV3Schema':%s}}]},
         'status':{'storedVersions':['v1']}}
        """
            .formatted(schema));
  }

  private static ObjectNode plain() {
    return definition("{'type':'object'}");
  }

  /** The schema of a field {@code spec.x}. */
  private static String field(String schema) {
    return "{'type':'object','properties':{'spec':{'type':'object','properties':{'x':"
        + schema
        + "}}}}";
  }

  private static final String X = SCHEMA + ".properties[spec].properties[x]";

  private static List<String> problems(ObjectNode definition) {
    return Validation.create(CRD, definition).stream().map(CrdValidationTest::shown).toList();
  }

  private static String shown(StatusCause cause) {
    return cause.field() + ": " + cause.message();
  }

  private static List<String> inSchema(String schema) {
    return problems(definition(schema));
  }

  private static List<String> inField(String schema) {
    return problems(definition(field(schema)));
  }

  private static ObjectNode spec(ObjectNode definition) {
    return (ObjectNode) definition.path("spec");
  }

  private static ObjectNode version(ObjectNode definition) {
    return (ObjectNode) definition.path("spec").path("versions").path(0);
  }

  @Test
  void definition_sound_hasNoProblems() {
    assertThat(problems(plain())).isEmpty();
    assertThat(
            inField(
                "{'x-kubernetes-int-or-string':true,'anyOf':[{'type':'integer'},{'type':'string'}],"
                    + "'default':3}"))
        .isEmpty();
    assertThat(inField("{'type':'object','x-kubernetes-preserve-unknown-fields':true}")).isEmpty();
  }

  @Test
  void names_notOfTheirForm_areInvalid() {
    ObjectNode definition = plain();
    spec(definition).withObject("/names").put("kind", "Sh_ip").put("listKind", "Sh_ip");
    assertThat(problems(definition))
        .anyMatch(
            text ->
                text.startsWith(
                    "spec.names.kind: Invalid value: \"Sh_ip\": may have mixed case, but should"
                        + " otherwise match: a DNS-1035 label must consist of"))
        .contains(
            "spec.names.listKind: Invalid value: \"Sh_ip\": kind and listKind may not be the same");
    ObjectNode without = plain();
    spec(without).withObject("/names").remove(List.of("singular", "listKind"));
    assertThat(problems(without))
        .containsExactly(
            "spec.names.listKind: Required value", "spec.names.singular: Required value");
  }

  @Test
  void schema_notStructural_isToldPlaceByPlace() {
    assertThat(inSchema("{}"))
        .containsExactly(SCHEMA + ".type: Required value: must not be empty at the root");
    assertThat(inSchema("{'type':'array','items':{'type':'string'}}"))
        .containsExactly(SCHEMA + ".type: Invalid value: \"array\": must be object at the root");
    assertThat(inField("{}"))
        .containsExactly(
            X + ".type: Required value: must not be empty for specified object fields");
    assertThat(inField("{'type':'array'}"))
        .containsExactly(X + ".items: Required value: must be specified");
    assertThat(inField("{'type':'array','items':{}}"))
        .containsExactly(
            X + ".items.type: Required value: must not be empty for specified array items");
    assertThat(inField("{'type':'string','anyOf':[{'type':'string','description':'d'}]}"))
        .containsExactly(
            X + ".anyOf[0].description: Forbidden: must be empty to be structural",
            X + ".anyOf[0].type: Forbidden: must be empty to be structural");
    assertThat(inSchema("{'type':'object','allOf':[{'properties':{'y':{'minLength':1}}}]}"))
        .containsExactly(
            SCHEMA
                + ".properties[y]: Required value: because it is defined in "
                + SCHEMA
                + ".allOf[0].properties[y]");
    assertThat(inSchema("{'type':'object','additionalProperties':{'type':'string'}}"))
        .containsExactly(SCHEMA + ".additionalProperties: Forbidden: must not be used at the root");
    assertThat(
            inSchema(
                "{'type':'object','properties':{'metadata':{'type':'object','properties':"
                    + "{'labels':{'type':'object'}}}}}"))
        .containsExactly(
            SCHEMA
                + ".properties[metadata]: Forbidden: must not specify anything other than name and"
                + " generateName, but metadata is implicitly specified");
    assertThat(inField("{'type':'string','x-kubernetes-embedded-resource':true}"))
        .contains(
            X
                + ".type: Invalid value: \"string\": must be object if"
                + " x-kubernetes-embedded-resource is true");
    assertThat(inField("{'type':'object','x-kubernetes-embedded-resource':true}"))
        .containsExactly(
            X
                + ".properties: Required value: must not be empty if x-kubernetes-embedded-resource"
                + " is true without x-kubernetes-preserve-unknown-fields");
    assertThat(inField("{'type':'string','pattern':'('}"))
        .singleElement()
        .asString()
        .startsWith(
            X
                + ".pattern: Invalid value: \"(\": must be a valid regular expression, but isn't:"
                + " error parsing regexp: missing closing )");
  }

  @Test
  void schema_wordsThatAreNotSupported_areForbidden() {
    assertThat(inField("{'type':'null'}"))
        .containsExactlyInAnyOrder(
            X + ".type: Forbidden: type cannot be set to null, use nullable as an alternative",
            X
                + ".type: Unsupported value: \"null\": supported values: \"array\", \"boolean\","
                + " \"integer\", \"number\", \"object\", \"string\"");
    assertThat(inField("{'type':'array','items':{'type':'string'},'uniqueItems':true}"))
        .containsExactly(
            X
                + ".uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime"
                + " complexity becomes quadratic");
    assertThat(inField("{'type':'object','patternProperties':{'a':{'type':'string'}}}"))
        .containsExactly(X + ".patternProperties: Forbidden: patternProperties is not supported");
    assertThat(
            inField(
                "{'type':'object','properties':{'y':{'type':'string'}},"
                    + "'additionalProperties':{'type':'string'}}"))
        .containsExactly(
            X
                + ".additionalProperties: Forbidden: additionalProperties and properties are"
                + " mutual exclusive");
    assertThat(inSchema("{'type':'object','nullable':true}"))
        .containsExactly(SCHEMA + ".nullable: Forbidden: nullable cannot be true at the root");
    assertThat(inField("{'type':'object','x-kubernetes-preserve-unknown-fields':false}"))
        .containsExactly(
            X
                + ".x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or"
                + " undefined");
  }

  @Test
  void listAndMapTypes_thatDoNotFit_areInvalid() {
    assertThat(inField("{'type':'string','x-kubernetes-list-type':'set'}"))
        .containsExactly(
            X
                + ".type: Invalid value: \"string\": must be array if x-kubernetes-list-type is"
                + " specified");
    assertThat(inField("{'type':'array','items':{'type':'object'},'x-kubernetes-list-type':'set'}"))
        .containsExactly(
            X
                + ".items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a"
                + " list with x-kubernetes-list-type=set");
    assertThat(inField("{'type':'array','items':{'type':'object'},'x-kubernetes-list-type':'map'}"))
        .containsExactly(
            X
                + ".x-kubernetes-list-map-keys: Required value: must not be empty if"
                + " x-kubernetes-list-type is map");
    assertThat(
            inField(
                "{'type':'array','items':{'type':'object','properties':{'k':{'type':'string'}}},"
                    + "'x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['k','n']}"))
        .containsExactly(
            X
                + ".items.properties[k].default: Required value: this property is in"
                + " x-kubernetes-list-map-keys, so it must have a default or be a required"
                + " property",
            X
                + ".x-kubernetes-list-map-keys: Invalid value: [\"k\",\"n\"]: entries must all be"
                + " names of item properties");
    assertThat(inField("{'type':'object','x-kubernetes-map-type':'loose'}"))
        .containsExactly(
            X
                + ".x-kubernetes-map-type: Unsupported value: \"loose\": supported values:"
                + " \"atomic\", \"granular\"");
  }

  @Test
  void defaults_thatTheSchemaDoesNotAllow_areInvalid() {
    assertThat(inField("{'type':'string','default':3}"))
        .containsExactly(
            X
                + ".default: Invalid value: \"integer\":  in body must be of type string:"
                + " \"integer\"");
    assertThat(inField("{'type':'string','enum':['a'],'default':'b'}"))
        .containsExactly(X + ".default: Unsupported value: \"b\": supported values: \"a\"");
    assertThat(inField("{'type':'object','properties':{},'default':{'y':1}}"))
        .containsExactly(X + ".default: Invalid value: {\"y\":1}: must not have unknown fields");
    assertThat(
            inField(
                "{'type':'object','properties':{'y':{'type':'integer','minimum':2}},"
                    + "'default':{'y':1}}"))
        .containsExactly(
            X + ".default.y: Invalid value: 1: y in body should be greater than or equal to 2");
    assertThat(
            inField(
                "{'type':'integer','default':1,'x-kubernetes-validations':[{'rule':'self > 1'}]}"))
        .containsExactly(X + ".default: Invalid value: 1: failed rule: self > 1");
    assertThat(inSchema("{'type':'object','properties':{'kind':{'type':'string','default':'a'}}}"))
        .containsExactly(
            SCHEMA + ".properties[kind].default: Forbidden: must not be set in top-level kind");
  }

  @Test
  void columnsAndScale_notOfTheirForm_areInvalidWhereTheOldApiHadThem() {
    ObjectNode definition = plain();
    version(definition)
        .set(
            "additionalPrinterColumns",
            json("{'a':[{'name':'A','type':'word','jsonPath':'spec','format':'x'},{}]}").get("a"));
    version(definition).set("subresources", json("{'scale':{'specReplicasPath':'.status.n'}}"));
    assertThat(problems(definition))
        .containsExactly(
            "spec.additionalPrinterColumns[0].JSONPath: Invalid value: \"spec\": must be a simple"
                + " json path starting with .",
            "spec.additionalPrinterColumns[0].format: Invalid value: \"x\": must be one of byte,"
                + "date,date-time,double,float,int32,int64,password",
            "spec.additionalPrinterColumns[0].type: Invalid value: \"word\": must be one of"
                + " boolean,date,integer,number,string",
            "spec.additionalPrinterColumns[1].JSONPath: Required value",
            "spec.additionalPrinterColumns[1].name: Required value",
            "spec.additionalPrinterColumns[1].type: Required value: must be one of boolean,date,"
                + "integer,number,string",
            "spec.subresources.scale.specReplicasPath: Invalid value: \".status.n\": should be a"
                + " json path under .spec",
            "spec.subresources.scale.statusReplicasPath: Required value");
  }

  @Test
  void selectableFields_thatAreNone_areInvalid() {
    ObjectNode definition =
        definition(
            "{'type':'object','properties':{'spec':{'type':'object','properties':"
                + "{'a':{'type':'string'},'o':{'type':'object'}}}}}");
    version(definition)
        .set(
            "selectableFields",
            json("{'a':[{'jsonPath':'.spec.a'},{'jsonPath':'.spec.a'},{'jsonPath':'.spec.o'},"
                    + "{'jsonPath':'.spec.none'},{}]}")
                .get("a"));
    assertThat(problems(definition))
        .containsExactly(
            "spec.selectableFields[1].jsonPath: Duplicate value: \".spec.a\"",
            "spec.selectableFields[2].jsonPath: Invalid value: \".spec.o\": must point to a field"
                + " of type string, boolean or integer. Enum string fields and strings with"
                + " formats are allowed.",
            "spec.selectableFields[3].jsonPath: Invalid value: \".spec.none\": is an invalid path:"
                + " does not refer to a valid field",
            "spec.selectableFields[4].jsonPath: Required value");
    ObjectNode many = plain();
    StringBuilder schema = new StringBuilder();
    var fields = version(many).putArray("selectableFields");
    for (int i = 0; i < 9; i++) {
      schema.append(i == 0 ? "" : ",").append("'f").append(i).append("':{'type':'string'}");
      fields.addObject().put("jsonPath", ".f" + i);
    }
    version(many)
        .withObject("/schema")
        .set("openAPIV3Schema", json("{'type':'object','properties':{" + schema + "}}"));
    assertThat(problems(many))
        .containsExactly("spec.selectableFields: Too many: 9: must have at most 8 items");
  }

  @Test
  void conversion_withoutWhatItNeeds_isInvalid() {
    ObjectNode definition = plain();
    spec(definition).set("conversion", json("{'strategy':'Webhook'}"));
    assertThat(problems(definition))
        .containsExactly(
            "spec.conversion.conversionReviewVersions: Required value",
            "spec.conversion.webhookClientConfig: Required value: required when strategy is set to"
                + " Webhook");
    spec(definition)
        .set(
            "conversion",
            json(
                "{'strategy':'Webhook','webhook':{'conversionReviewVersions':['v7'],"
                    + "'clientConfig':{'url':'http://user@h/p?q#f'}}}"));
    assertThat(problems(definition))
        .containsExactly(
            "spec.conversion.conversionReviewVersions: Invalid value: [\"v7\"]: must include at"
                + " least one of v1, v1beta1",
            "spec.conversion.webhookClientConfig.url: Invalid value: \"http\": 'https' is the only"
                + " allowed URL scheme; desired format: https://host[/path]",
            "spec.conversion.webhookClientConfig.url: Invalid value: \"user\": user information is"
                + " not permitted in the URL",
            "spec.conversion.webhookClientConfig.url: Invalid value: \"f\": fragments are not"
                + " permitted in the URL",
            "spec.conversion.webhookClientConfig.url: Invalid value: \"q\": query parameters are"
                + " not permitted in the URL");
    spec(definition)
        .set(
            "conversion",
            json("{'strategy':'None','webhook':{'conversionReviewVersions':['v1']}}"));
    assertThat(problems(definition))
        .containsExactly(
            "spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy"
                + " is not set to Webhook");
  }

  @Test
  void protectedGroup_withoutApproval_isRefused() {
    ObjectNode definition = plain();
    spec(definition).put("group", "ships.k8s.io");
    definition.withObject("/metadata").put("name", "ships.ships.k8s.io");
    assertThat(problems(definition))
        .containsExactly(
            "metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups"
                + " must have approval annotation \"api-approved.kubernetes.io\", see"
                + " https://github.com/kubernetes/enhancements/pull/1111");
    definition
        .withObject("/metadata")
        .withObject("/annotations")
        .put("api-approved.kubernetes.io", "unapproved, for a test");
    assertThat(problems(definition)).isEmpty();
  }

  @Test
  void version_deprecationWarning_needsADeprecatedVersion() {
    ObjectNode definition = plain();
    version(definition).put("deprecationWarning", "old");
    assertThat(problems(definition))
        .containsExactly(
            "spec.versions[0].deprecationWarning: Invalid value: \"old\": can only be set for"
                + " deprecated versions");
    version(definition).put("deprecated", true).put("deprecationWarning", "a\nb");
    assertThat(problems(definition))
        .containsExactly(
            "spec.versions[0].deprecationWarning: Invalid value: \"a\\nb\": must only contain"
                + " printable UTF-8 characters; non-printable character found at index 1");
  }

  @Test
  void update_removesAStoredVersion_isRefused() {
    ObjectNode old = plain();
    ObjectNode now = plain();
    now.withObject("/status").putArray("storedVersions").add("v1").add("v0");
    assertThat(Validation.update(CRD, now, old))
        .extracting(StatusCause::field)
        .containsExactly("status.storedVersions[1]");
  }

  @Test
  void unknownFormats_ofStrings_areWarnedOfOnce() {
    ObjectNode definition =
        definition(field("{'type':'array','items':{'type':'string','format':'shape'}}"));
    assertThat(Validation.definitionWarnings(definition, null))
        .containsExactly("unrecognized format \"shape\"");
    assertThat(Validation.definitionWarnings(definition, definition)).isEmpty();
    assertThat(
            Validation.definitionWarnings(
                definition(field("{'type':'integer','format':'int32'}")), null))
        .isEmpty();
    assertThat(
            Validation.definitionWarnings(
                definition(field("{'type':'string','format':'k8s-short-name'}")), null))
        .isEmpty();
  }
}
