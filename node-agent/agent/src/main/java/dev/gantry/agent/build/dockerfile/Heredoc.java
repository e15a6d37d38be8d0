package dev.gantry.agent.build.dockerfile;

/**
 * A here-document of RUN, COPY or ADD.
 *
 * @param name the word after {@code <<}; for COPY also the file's name
 * @param expand whether variables in it are expanded (its word was not quoted)
 * @param body lines, each with its end; leading tabs are gone when it was written with {@code <<-}
 * @param source as written, from the first body line to the terminator
 */
public record Heredoc(String name, boolean expand, String body, String source) {}
