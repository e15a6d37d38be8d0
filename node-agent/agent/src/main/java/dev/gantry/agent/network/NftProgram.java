package dev.gantry.agent.network;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;

/** Runs nft(8) for a whole ruleset, in the network namespace of the calling thread. */
final class NftProgram {
    private static final long TIMEOUT_SECONDS = 60;

    private NftProgram() {}

    /** @throws IOException with what nft said, or that it is missing and how to get it */
    static void load(String script) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder("nft", "-f", "-")
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            throw new IOException("The program nft could not be started: install the package nftables", e);
        }
        try (var in = process.outputWriter(UTF_8)) {
            in.write(script);
        } catch (IOException e) {
            // It ended before it had read everything: what it said counts.
            process.onExit();
        }
        String said = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
        try {
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("nft did not load the base ruleset within " + TIMEOUT_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Interrupted while nft loaded the base ruleset");
        }
        if (process.exitValue() != 0) {
            throw new IOException("nft refused the base ruleset: " + said);
        }
    }
}
