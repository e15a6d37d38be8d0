package dev.gantry.controlplane.coordination;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.gantry.controlplane.leader.Leadership.Term;
import dev.gantry.controlplane.store.Fence;
import dev.gantry.controlplane.store.ObjectKey;
import dev.gantry.controlplane.store.Write;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StoreServiceTest {
    private static final ObjectKey KEY = new ObjectKey("", "secrets", "default", "s");

    @TempDir
    private Path directory;

    @Test
    void leadsWithAnEmbeddedServerAndKeepsWhatWasWritten() throws IOException {
        List<String> heard = new CopyOnWriteArrayList<>();
        String cluster;
        Fence first;
        try (StoreService service = StoreService.open(StoreConfig.embedded(directory))) {
            cluster = service.clusterId();
            service.leadership().register(new Term.Part() {
                @Override
                public void won(Term term) {
                    heard.add("won " + term.fence().epoch());
                }

                @Override
                public void lost() {
                    heard.add("lost");
                }
            });
            assertThat(service.leadership().fence()).isEmpty();
            service.contend(List.of("127.0.0.1:6443"));
            await().until(() -> service.leadership().fence().isPresent());
            first = service.leadership().fence().orElseThrow();
            assertThat(service.leadership().leaderAddresses()).containsExactly("127.0.0.1:6443");
            await().until(() -> heard.contains("won " + first.epoch()));
            service.objects().write(new Write.Create(KEY, "uid", "{}".getBytes(UTF_8)), first);
        }
        assertThat(heard).last().isEqualTo("lost");
        try (StoreService service = StoreService.open(StoreConfig.embedded(directory))) {
            assertThat(service.clusterId()).isEqualTo(cluster);
            assertThat(service.cache().get(KEY)).isPresent();
            service.contend(List.of("127.0.0.1:6443"));
            await().until(() -> service.leadership().fence().isPresent());
            assertThat(service.leadership().fence().orElseThrow().epoch()).isGreaterThan(first.epoch());
        }
    }

    /** Whoever leads asks who leads, sessions are kept, and none of it is a write. */
    @Test
    void anIdleControlPlaneWritesNothing() throws IOException {
        try (StoreService service = StoreService.open(StoreConfig.embedded(directory))) {
            service.contend(List.of("127.0.0.1:6443"));
            await().until(() -> service.leadership().fence().isPresent());
            service.objects().write(new Write.Create(KEY, "uid", "{}".getBytes(UTF_8)), null);
            long before = service.lastZxid();
            await().during(Duration.ofSeconds(3)).until(() -> service.lastZxid() == before);
        }
    }

    @Test
    void aStateDirectoryHasOneUser() throws IOException {
        try (StoreService service = StoreService.open(StoreConfig.embedded(directory))) {
            assertThat(service.isCurrent()).isTrue();
            assertThatThrownBy(() -> StoreService.open(StoreConfig.embedded(directory)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("in use");
        }
    }
}
