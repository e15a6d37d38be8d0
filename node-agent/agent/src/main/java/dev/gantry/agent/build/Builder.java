package dev.gantry.agent.build;

import dev.gantry.wire.build.v1.BuildRequest;
import dev.gantry.wire.build.v1.BuildResult;
import dev.gantry.wire.build.v1.FromBuilder;
import java.io.InputStream;
import java.util.function.Consumer;

/** Builds images. */
public interface Builder {
    /**
     * Blocks until the build has ended. Interrupting the thread cancels it; a failed or cancelled build leaves nothing behind and no name changed.
     *
     * @param context the plain tar of the context, read to its end
     * @param events steps, output and warnings, in order; may block
     * @return also for a failure, which is no exception
     */
    BuildResult build(BuildRequest request, InputStream context, Consumer<FromBuilder> events);
}
