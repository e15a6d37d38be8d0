package dev.gantry.agent.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gantry.agent.build.CopySources.Found;
import dev.gantry.agent.build.dockerfile.DockerfileException;
import dev.gantry.agent.build.dockerfile.Expansion;
import dev.gantry.agent.build.dockerfile.Heredoc;
import dev.gantry.agent.build.dockerfile.Instruction.Copy;
import dev.gantry.agent.build.dockerfile.Instruction.Word;
import dev.gantry.agent.image.Layer;
import dev.gantry.agent.image.MergedTree;
import dev.gantry.agent.image.MergedTree.Node;
import dev.gantry.agent.image.UpperLayer;
import dev.gantry.agent.image.Workspace;
import dev.gantry.common.ignore.DockerIgnore;
import dev.gantry.common.image.Digest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** COPY and ADD: from trees to a layer, without a container. */
final class CopyStep {
    private final Workspace workspace;
    private final BuildCache cache;
    private final StageState state;
    private final Copy copy;
    private final Expansion expansion;
    private final int line;

    CopyStep(Workspace workspace, BuildCache cache, StageState state, Copy copy, Expansion expansion) {
        this.workspace = workspace;
        this.cache = cache;
        this.state = state;
        this.copy = copy;
        this.expansion = expansion;
        this.line = copy.source().position().line();
    }

    /** Where the sources are looked for. */
    record From(List<Path> layers, DockerIgnore ignore, String where, boolean context) {}

    /** What came of a step. */
    record Outcome(Optional<Layer> layer, boolean cached) {}

    Outcome run(From from, boolean noCache) throws IOException, BuildFailure, DockerfileException {
        List<String> sources = new ArrayList<>();
        for (Word source : copy.sources()) {
            sources.add(expansion.expand(source.text(), source.position()));
        }
        String destination =
                expansion.expand(copy.destination().text(), copy.destination().position());
        if (destination.isEmpty()) {
            throw new BuildFailure(
                    line,
                    "the destination %s is empty".formatted(copy.destination().text()));
        }
        String owner = expanded(copy.owner());
        Integer mode = mode(expanded(copy.mode()));
        List<byte[]> documents = new ArrayList<>();
        for (Heredoc heredoc : copy.heredocs()) {
            String body = heredoc.expand()
                    ? expansion.expandText(heredoc.body(), copy.source().position())
                    : heredoc.body();
            documents.add(body.getBytes(UTF_8));
        }
        Request request = new Request(sources, destination, owner, mode, documents);
        Path upper = workspace.newDirectory();
        Result result = workspace.call(() -> {
            try {
                return copyInto(upper, from, request, noCache);
            } catch (BuildFailure e) {
                return new Failed(e);
            }
        });
        return switch (result) {
            case Failed failed -> throw failed.failure();
            case Cached cached -> new Outcome(cached.hit().layer(), true);
            case Copied copied -> {
                Layer layer = workspace.commit(upper);
                cache.put(copied.key(), Optional.of(layer));
                yield new Outcome(Optional.of(layer), false);
            }
        };
    }

    @SuppressWarnings("ArrayRecordComponent")
    private record Request(
            List<String> sources,
            String destination,
            String owner,
            @Nullable Integer mode,
            List<byte[]> documents) {}

    private sealed interface Result {}

    private record Failed(BuildFailure failure) implements Result {}

    private record Cached(BuildCache.Hit hit) implements Result {}

    /** The files are in the upper directory. */
    private record Copied(Digest key) implements Result {}

    private Result copyInto(Path upper, From from, Request request, boolean noCache) throws IOException, BuildFailure {
        try (UpperLayer layer = UpperLayer.open(upper, state.directories());
                MergedTree tree = MergedTree.open(from.layers());
                ArchiveSources archives = new ArchiveSources(workspace)) {
            CopyPlan plan =
                    plan(layer.tree(), new CopySources(tree, from.ignore(), from.where()), from, request, archives);
            Digest key = Digest.of("copy 1\n%s\n%s".formatted(state.chain(), plan.digest()));
            Optional<BuildCache.Hit> hit = noCache ? Optional.empty() : cache.find(key, workspace);
            if (hit.isPresent()) {
                return new Cached(hit.get());
            }
            plan.apply(layer, state.created);
            return new Copied(key);
        }
    }

    private CopyPlan plan(MergedTree target, CopySources sources, From from, Request request, ArchiveSources archives)
            throws IOException, BuildFailure {
        CopyPlan.Override owner = request.owner().isEmpty()
                ? new CopyPlan.Override(
                        from.context() ? Integer.valueOf(0) : null, from.context() ? Integer.valueOf(0) : null, null)
                : UserLookup.owner(target, request.owner(), line);
        CopyPlan.Override override = new CopyPlan.Override(owner.uid(), owner.gid(), request.mode());
        List<Found> found = new ArrayList<>();
        for (String source : request.sources()) {
            found.addAll(sources.find(source, line));
        }
        String absolute = request.destination().startsWith("/")
                ? request.destination()
                : state.workingDirectory + "/" + request.destination();
        String resolved = target.resolve(absolute, true);
        boolean directory = isDirectory(
                target, request, resolved, found.size() + request.documents().size());
        CopyPlan plan = new CopyPlan();
        for (Found one : found) {
            addSource(plan, sources, one, target, resolved, directory, override, archives, request);
        }
        for (int i = 0; i < request.documents().size(); i++) {
            String name = copy.heredocs().get(i).name();
            plan.addFile(request.documents().get(i), directory ? child(resolved, name) : resolved, override);
        }
        return plan;
    }

    private boolean isDirectory(MergedTree target, Request request, String resolved, int count)
            throws IOException, BuildFailure {
        String text = request.destination();
        boolean said = text.endsWith("/") || text.equals(".") || text.endsWith("/.");
        Optional<Node> existing = target.find(resolved);
        boolean exists = existing.isPresent() && existing.get().status().isDirectory();
        if (count > 1 && !said && !exists) {
            throw new BuildFailure(
                    line,
                    "%s has several sources, so the destination %s must end with a slash"
                            .formatted(copy.source().keyword(), text));
        }
        return said || exists;
    }

    private void addSource(
            CopyPlan plan,
            CopySources sources,
            Found found,
            MergedTree target,
            String resolved,
            boolean directory,
            CopyPlan.Override override,
            ArchiveSources archives,
            Request request)
            throws IOException, BuildFailure {
        if (copy.extract() && found.node().status().isRegularFile()) {
            Optional<MergedTree> archive = archives.open(sources.tree(), found.node(), line);
            if (archive.isPresent()) {
                MergedTree tree = archive.get();
                CopyPlan.Override own =
                        request.owner().isEmpty() ? new CopyPlan.Override(null, null, request.mode()) : override;
                Node root = tree.find("").orElseThrow();
                new CopySources(tree, DockerIgnore.none(), "the archive").addTree(plan, root, resolved, own, false);
                return;
            }
        }
        boolean isDirectory = found.node().status().isDirectory();
        String destination = isDirectory || !directory ? resolved : child(resolved, found.name());
        if (!isDirectory && directory) {
            // COPY follows a link that the target has by this name, as long as it leads to a directory
            destination = target.resolve(destination, false);
        }
        sources.addTree(
                plan,
                found.node(),
                destination,
                override,
                !resolved.isEmpty() && target.find(resolved).isEmpty());
    }

    private String expanded(@Nullable Word word) throws DockerfileException {
        return word == null ? "" : expansion.expand(word.text(), word.position());
    }

    private @Nullable Integer mode(String text) throws BuildFailure {
        if (text.isEmpty()) {
            return null;
        }
        if (!text.matches("[0-7]{3,4}")) {
            throw new BuildFailure(line, "--chmod is %s; expected octal digits such as 755".formatted(text));
        }
        return Integer.parseInt(text, 8);
    }

    private static String child(String directory, String name) {
        return directory.isEmpty() ? name : directory + "/" + name;
    }
}
