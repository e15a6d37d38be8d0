package dev.gantry.controlplane.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class StorePathsTest {
    @Test
    void pathsAndKeysAreOneToOne() {
        for (ObjectKey key : new ObjectKey[] {
            new ObjectKey("", "pods", "default", "web"),
            new ObjectKey("", "nodes", null, "node-1"),
            new ObjectKey("gantry.dev", "images", null, "registry:5000"),
            new ObjectKey("rbac.authorization.k8s.io", "clusterroles", null, "system:node"),
        }) {
            assertThat(StorePaths.key(StorePaths.of(key))).contains(key);
        }
        assertThat(StorePaths.of(new ObjectKey("", "nodes", null, "n"))).isEqualTo("/gantry/objects/-/nodes/-/n");
        assertThat(StorePaths.key("/gantry/objects/-/nodes/-")).isEmpty();
        assertThat(StorePaths.key("/gantry/leader")).isEmpty();
    }

    @Test
    void refusesNamesThatAreNoNames() {
        for (String name : new String[] {"", ".", "..", "a/b", "a\u0000b", "a\nb", "\ud800"}) {
            assertThatThrownBy(() -> StorePaths.of(new ObjectKey("", "pods", "default", name)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
