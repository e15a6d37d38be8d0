package dev.gantry.controlplane.registry;

import static java.util.Objects.requireNonNull;

import dev.gantry.common.image.Digest;
import dev.gantry.common.registry.HttpRegistry;
import dev.gantry.common.registry.Manifest;
import dev.gantry.common.registry.Registry;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The other control planes, whose registries hold what was pushed to them. They are asked as a control plane, and so ask nobody themselves. */
public final class PeerBlobs implements BlobSource {
    private static final Logger log = LoggerFactory.getLogger(PeerBlobs.class);
    private static final int BUFFER = 1 << 16;

    private final Supplier<List<String>> addresses;
    private final SSLContext tls;
    private final Map<String, HttpRegistry> peers = new ConcurrentHashMap<>();

    /**
     * @param addresses host:port of the others, as they are known now; without this one
     * @param tls shows a certificate of a control plane
     */
    public PeerBlobs(Supplier<List<String>> addresses, SSLContext tls) {
        this.addresses = requireNonNull(addresses, "addresses is null");
        this.tls = requireNonNull(tls, "tls is null");
    }

    @Override
    public Optional<Manifest> manifest(String repository, Digest digest) {
        return first(peer -> peer.manifest(repository, digest.toString()));
    }

    @Override
    public Optional<Long> blobBytes(String repository, Digest digest) {
        return first(peer -> peer.blobBytes(repository, digest));
    }

    @Override
    public void copy(String repository, Digest digest, Target target) throws IOException {
        Registry holder = first(peer -> peer.blobBytes(repository, digest).map(bytes -> peer))
                .orElseThrow(() -> new IOException("no other control plane holds %s any more".formatted(digest)));
        byte[] buffer = new byte[BUFFER];
        try (Registry.Download download = holder.download(repository, digest, 0)) {
            InputStream content = download.content();
            for (int count = content.read(buffer); count >= 0; count = content.read(buffer)) {
                target.write(buffer, 0, count);
            }
        }
    }

    @FunctionalInterface
    private interface Question<T> {
        Optional<T> ask(Registry peer) throws IOException;
    }

    private <T> Optional<T> first(Question<T> question) {
        for (Registry peer : peers()) {
            try {
                Optional<T> answer = question.ask(peer);
                if (answer.isPresent()) {
                    return answer;
                }
            } catch (IOException e) {
                log.info("The registry of another control plane did not answer: {}", e.getMessage());
            }
        }
        return Optional.empty();
    }

    private List<Registry> peers() {
        List<String> known = addresses.get();
        List<Registry> found = new ArrayList<>();
        for (String address : known) {
            found.add(peers.computeIfAbsent(address, there -> HttpRegistry.ofCluster(there, tls)));
        }
        peers.forEach((address, peer) -> {
            if (!known.contains(address) && peers.remove(address, peer)) {
                peer.close();
            }
        });
        return found;
    }

    @Override
    public void close() {
        peers.values().forEach(HttpRegistry::close);
    }
}
