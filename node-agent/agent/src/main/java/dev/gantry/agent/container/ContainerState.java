package dev.gantry.agent.container;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * What is known of a container beside its launcher, as it is stored. The environment, which may hold secrets, is stored apart, on tmpfs.
 *
 * @param bootId of the boot in which it was started
 * @param config without its environment in the stored form
 * @param user as found in its image
 */
record ContainerState(String bootId, ContainerConfig config, ContainerUser user) {
    /** The file's kind, and the version that this agent writes. */
    static final String KIND = "container";

    static final int VERSION = 1;

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .addModule(new SimpleModule()
                    .addSerializer(Path.class, new PathWriter())
                    .addDeserializer(Path.class, new PathReader()))
            .build();

    ContainerState {
        requireNonNull(bootId, "bootId is null");
        requireNonNull(config, "config is null");
        requireNonNull(user, "user is null");
    }

    byte[] toJson() throws IOException {
        return MAPPER.writeValueAsBytes(new ContainerState(bootId, withEnvironment(config, Map.of()), user));
    }

    static ContainerState parse(byte[] json) throws IOException {
        return MAPPER.readValue(json, ContainerState.class);
    }

    static byte[] environmentJson(Map<String, String> environment) throws IOException {
        return MAPPER.writeValueAsBytes(new Environment(environment));
    }

    static Map<String, String> parseEnvironment(byte[] json) throws IOException {
        return MAPPER.readValue(json, Environment.class).environment();
    }

    ContainerState withEnvironment(Map<String, String> environment) {
        return new ContainerState(bootId, withEnvironment(config, environment), user);
    }

    private record Environment(Map<String, String> environment) {}

    private static ContainerConfig withEnvironment(ContainerConfig config, Map<String, String> environment) {
        return new ContainerConfig(
                config.id(),
                config.labels(),
                config.layers(),
                config.writableLayer(),
                config.readOnlyRoot(),
                config.arguments(),
                environment,
                config.workingDirectory(),
                config.user(),
                config.additionalGroups(),
                config.hostname(),
                config.namespaces(),
                config.mounts(),
                config.limits(),
                config.resourceLimits(),
                config.sysctls(),
                config.security(),
                config.cgroup(),
                config.logFile(),
                config.terminal(),
                config.stdin(),
                config.stdinOnce());
    }

    private static final class PathWriter extends JsonSerializer<Path> {
        @Override
        public void serialize(Path value, JsonGenerator out, SerializerProvider provider) throws IOException {
            out.writeString(value.toString());
        }
    }

    private static final class PathReader extends JsonDeserializer<Path> {
        @Override
        public Path deserialize(JsonParser in, DeserializationContext context) throws IOException {
            return Path.of(in.getText());
        }
    }
}
