package dev.gantry.cli.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.common.patch.MergeKeys;
import dev.gantry.common.yaml.YamlException;
import dev.gantry.common.yaml.YamlParser;
import org.junit.jupiter.api.Test;

class ThreeWayPatchTest {
    @Test
    void nothingToDoIsAnEmptyPatch() throws YamlException {
        ObjectNode wanted = yaml("spec: {replicas: 3}");
        ObjectNode live = yaml("spec: {replicas: 3, paused: false}\nstatus: {replicas: 1}");
        assertThat(ThreeWayPatch.between(wanted, wanted, live)).isEmpty();
    }

    @Test
    void whatOthersSetIsLeftAlone() throws YamlException {
        ObjectNode patch = ThreeWayPatch.between(
                yaml("spec: {replicas: 3}"), yaml("spec: {replicas: 4}"), yaml("spec: {replicas: 3, other: 1}"));
        assertThat((JsonNode) patch).isEqualTo(yaml("spec: {replicas: 4}"));
    }

    @Test
    void whatOnlyTheLastManifestHadIsRemoved() throws YamlException {
        ObjectNode patch = ThreeWayPatch.between(
                yaml("metadata: {labels: {a: x, b: y}}"),
                yaml("metadata: {labels: {a: x}}"),
                yaml("metadata: {labels: {a: x, b: y, c: z}}"));
        assertThat((JsonNode) patch).isEqualTo(yaml("metadata: {labels: {b: null}}"));
    }

    @Test
    void listsWithAKeyAreMergedByIt() throws YamlException {
        ObjectNode patch = ThreeWayPatch.between(
                yaml("spec: {containers: [{name: a, image: x}, {name: old, image: y}]}"),
                yaml("spec: {containers: [{name: a, image: z}, {name: new, image: n}]}"),
                yaml(
                        "spec: {containers: [{name: a, image: x, terminationMessagePath: /t}, {name: old, image: y}, {name: injected, image: i}]}"));
        assertThat((JsonNode) patch)
                .isEqualTo(
                        yaml(
                                "spec: {containers: [{image: z, name: a}, {name: new, image: n}, {$patch: delete, name: old}]}"));
    }

    @Test
    void listsWithoutAKeyAreReplacedWhole() throws YamlException {
        ObjectNode patch =
                ThreeWayPatch.between(null, yaml("spec: {args: [a, b]}"), yaml("spec: {args: [a], other: [1]}"));
        assertThat((JsonNode) patch).isEqualTo(yaml("spec: {args: [a, b]}"));
    }

    @Test
    void listsWithinElementsOfAListAreMergedByTheirOwnKeys() throws YamlException {
        ObjectNode live = yaml(
                "spec: {containers: [{name: web, image: 'web:1', env: [{name: A, value: '1'}, {name: B, value: '2'}]}]}");
        ObjectNode patch = ThreeWayPatch.between(
                live, yaml("spec: {containers: [{name: web, image: 'web:1', env: [{name: A, value: '3'}]}]}"), live);
        assertThat((JsonNode) patch)
                .isEqualTo(yaml(
                        "spec: {containers: [{env: [{value: '3', name: A}, {$patch: delete, name: B}], name: web}]}"));
    }

    @Test
    void portsHaveDifferentKeysInServicesAndContainers() {
        assertThat(MergeKeys.of("spec", "ports")).isEqualTo("port");
        assertThat(MergeKeys.of("containers", "ports")).isEqualTo("containerPort");
        assertThat(MergeKeys.of("spec", "tolerations")).isNull();
    }

    private static ObjectNode yaml(String text) throws YamlException {
        return (ObjectNode) YamlParser.parse(text).getFirst().root();
    }
}
