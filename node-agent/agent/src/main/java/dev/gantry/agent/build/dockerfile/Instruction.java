package dev.gantry.agent.build.dockerfile;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One instruction. Texts are as written: variables, quotes and escapes are still in them, unless said otherwise. */
public sealed interface Instruction {
    Source source();

    /**
     * Where an instruction stands.
     *
     * @param text as written, on one line
     */
    record Source(String keyword, Position position, String text) {}

    /** A word with its place. */
    record Word(String text, Position position) {}

    /** {@code key=value}, both with quotes. */
    record Pair(Word key, Word value) {}

    /**
     * @param platform as in {@code --platform}; null without
     * @param stage its name, lower case; null without
     */
    record From(
            Source source,
            Word image,
            @Nullable Word platform,
            @Nullable String stage) implements Instruction {}

    /** @param value the default; null without */
    record Arg(Source source, List<Declaration> declarations) implements Instruction {
        public Arg {
            declarations = List.copyOf(declarations);
        }

        public record Declaration(String name, @Nullable Word value) {}
    }

    record Env(Source source, List<Pair> variables) implements Instruction {
        public Env {
            variables = List.copyOf(variables);
        }
    }

    record Label(Source source, List<Pair> labels) implements Instruction {
        public Label {
            labels = List.copyOf(labels);
        }
    }

    /**
     * COPY, and ADD of local files.
     *
     * @param extract whether local archives are unpacked (ADD)
     * @param from a stage or an image; null for the context
     * @param sources without the here-documents
     */
    record Copy(
            Source source,
            boolean extract,
            @Nullable Word from,
            @Nullable Word owner,
            @Nullable Word mode,
            List<Word> sources,
            List<Heredoc> heredocs,
            Word destination)
            implements Instruction {
        public Copy {
            sources = List.copyOf(sources);
            heredocs = List.copyOf(heredocs);
        }
    }

    record Run(Source source, Command command) implements Instruction {}

    /** @param command an empty exec form resets it */
    record Cmd(Source source, Command command) implements Instruction {}

    record Entrypoint(Source source, Command command) implements Instruction {}

    record Workdir(Source source, Word path) implements Instruction {}

    record User(Source source, Word user) implements Instruction {}

    record Expose(Source source, List<Word> ports) implements Instruction {
        public Expose {
            ports = List.copyOf(ports);
        }
    }

    record Volume(Source source, List<Word> paths) implements Instruction {
        public Volume {
            paths = List.copyOf(paths);
        }
    }

    record StopSignal(Source source, Word signal) implements Instruction {}

    /** @param command the program and its arguments, to which the text of a shell form is added */
    record Shell(Source source, List<String> command) implements Instruction {
        public Shell {
            command = List.copyOf(command);
        }
    }

    record Maintainer(Source source, String name) implements Instruction {}

    /** @param trigger run when another build is based on this image */
    record OnBuild(Source source, String trigger) implements Instruction {}

    /**
     * Recorded for tools that look at it; Kubernetes runs probes instead.
     *
     * @param test as in the configuration: NONE, CMD …, or CMD-SHELL text
     * @param intervalNanos 0 for the default, as all that follow
     */
    record Healthcheck(
            Source source,
            List<String> test,
            long intervalNanos,
            long timeoutNanos,
            long startPeriodNanos,
            long startIntervalNanos,
            int retries)
            implements Instruction {
        public Healthcheck {
            test = List.copyOf(test);
        }
    }

    /** Every keyword, as written in a Dockerfile. */
    enum Keyword {
        ADD,
        ARG,
        CMD,
        COPY,
        ENTRYPOINT,
        ENV,
        EXPOSE,
        FROM,
        HEALTHCHECK,
        LABEL,
        MAINTAINER,
        ONBUILD,
        RUN,
        SHELL,
        STOPSIGNAL,
        USER,
        VOLUME,
        WORKDIR;

        static @Nullable Keyword of(String name) {
            for (Keyword keyword : values()) {
                if (keyword.name().equals(name.toUpperCase(Locale.ROOT))) {
                    return keyword;
                }
            }
            return null;
        }
    }
}
