package dev.gantry.controlplane.registry;

import dev.gantry.common.image.Digest;
import dev.gantry.common.image.ImageName;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;

/** Names in memory. */
final class FakeImageNames implements ImageNames {
    private final Map<ImageName, Digest> names = new ConcurrentSkipListMap<>();
    volatile boolean known = true;

    @Override
    public Optional<Digest> digest(ImageName name) {
        return Optional.ofNullable(names.get(name));
    }

    @Override
    public List<String> tags(String repository) {
        return names.keySet().stream()
                .filter(name -> name.repository().equals(repository))
                .map(name -> String.valueOf(name.tag()))
                .sorted()
                .toList();
    }

    @Override
    public void assign(ImageName name, Digest manifest, long bytes) {
        names.put(name, manifest);
    }

    @Override
    public boolean remove(ImageName name) {
        return names.remove(name) != null;
    }

    @Override
    public Optional<Set<Digest>> needed() {
        return known ? Optional.of(new HashSet<>(names.values())) : Optional.empty();
    }
}
