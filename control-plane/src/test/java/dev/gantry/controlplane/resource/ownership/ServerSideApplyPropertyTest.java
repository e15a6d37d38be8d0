package dev.gantry.controlplane.resource.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gantry.controlplane.resource.ownership.ServerSideApply.Applied;
import dev.gantry.controlplane.resource.schema.ModelSchema;
import dev.gantry.controlplane.resource.schema.ModelType;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/** What holds whoever writes what, and in whichever order. */
final class ServerSideApplyPropertyTest {
    private static final ModelType PODS = new ModelSchema(Pod.class).type();
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final FieldOwner ME = manager("me", FieldOwner.Operation.APPLY);

    /** One write of one manager. */
    record Step(FieldOwner manager, ObjectNode config, boolean force) {}

    /** An object with its managers. */
    record State(@Nullable ObjectNode object, ManagedFields managers) {
        static final State NOTHING = new State(null, ManagedFields.NONE);

        State after(Step step) {
            try {
                return step.manager().operation() == FieldOwner.Operation.UPDATE
                        ? new State(
                                step.config(),
                                ServerSideApply.update(
                                        PODS, object, step.config(), managers, step.manager(), "v1", NOW))
                        : of(apply(step.config(), step.manager(), step.force()));
            } catch (ApplyConflictException e) {
                assertThat(step.force()).isFalse();
                assertThat(e.conflicts()).isNotEmpty();
                return this;
            }
        }

        Applied apply(ObjectNode config, FieldOwner manager, boolean force) throws ApplyConflictException {
            return ServerSideApply.apply(PODS, object, config, managers, manager, "v1", force, NOW);
        }

        static State of(Applied applied) {
            return new State(applied.object(), applied.managers());
        }
    }

    private static FieldOwner manager(String name, FieldOwner.Operation operation) {
        return new FieldOwner(name, operation, "");
    }

    @Provide
    Arbitrary<ObjectNode> pods() {
        return Configurations.pods();
    }

    @Provide
    Arbitrary<List<Step>> histories() {
        Arbitrary<FieldOwner> managers = Combinators.combine(
                        Arbitraries.of("one", "two", "three"), Arbitraries.of(FieldOwner.Operation.class))
                .as(ServerSideApplyPropertyTest::manager);
        return Combinators.combine(managers, Configurations.pods(), Arbitraries.of(true, false))
                .as(Step::new)
                .list()
                .ofMaxSize(6);
    }

    private static State play(List<Step> history) {
        State state = State.NOTHING;
        for (Step step : history) {
            state = state.after(step);
        }
        return state;
    }

    @Property(tries = 500)
    void applyingTwiceIsApplyingOnce(@ForAll("histories") List<Step> history, @ForAll("pods") ObjectNode config)
            throws ApplyConflictException {
        State once = State.of(play(history).apply(config, ME, true));
        State twice = State.of(once.apply(config, ME, false));
        assertThat(twice.object()).isEqualTo(once.object());
        assertThat(twice.managers()).isEqualTo(once.managers());
    }

    @Property(tries = 500)
    void theObjectSaysWhatTheConfigurationSays(
            @ForAll("histories") List<Step> history, @ForAll("pods") ObjectNode config) throws ApplyConflictException {
        ObjectNode object = play(history).apply(config, ME, true).object();
        Shape shape = Shape.root(PODS);
        ObjectNode again = (ObjectNode) Merge.merge(shape, object, config);
        Fields.Changes changes = Fields.between(PODS, object, again);
        assertThat(changes.changed().paths()).isEmpty();
        assertThat(changes.removed().paths()).isEmpty();
    }

    @Property(tries = 500)
    void nothingOfOthersIsLostWithoutForce(@ForAll("histories") List<Step> history, @ForAll("pods") ObjectNode config) {
        State before = play(history);
        State after;
        try {
            after = State.of(before.apply(config, ME, false));
        } catch (ApplyConflictException e) {
            return;
        }
        ObjectNode object = java.util.Objects.requireNonNull(after.object());
        Fields.Changes changes = Fields.between(PODS, before.object(), object);
        before.managers().entries().forEach((key, owned) -> {
            assertThat(owned.fields().intersection(changes.changed()).paths()).isEmpty();
            assertThat(owned.fields().intersection(changes.removed()).paths()).isEmpty();
            assertThat(after.managers().of(key)).isEqualTo(owned.fields());
        });
    }

    @Property(tries = 500)
    void aManagerAloneHasWhatItsLastConfigurationSays(
            @ForAll("pods") ObjectNode first, @ForAll("pods") ObjectNode second) throws ApplyConflictException {
        State state = State.of(State.NOTHING.apply(first, ME, false));
        assertThat(state.object()).isEqualTo(first);
        assertThat(withProtocols(state.apply(second, ME, false).object())).isEqualTo(withProtocols(second));
    }

    /** A port is known by its protocol, and stays so when a configuration leaves to the default what it said before. */
    private static JsonNode withProtocols(ObjectNode pod) {
        ObjectNode result = pod.deepCopy();
        result.at("/spec/containers")
                .forEach(container -> container
                        .path("ports")
                        .forEach(port -> ((ObjectNode) port)
                                .put("protocol", port.path("protocol").asText("TCP"))));
        return result;
    }

    @Property(tries = 500)
    void whatIsOwnedIsThere(@ForAll("histories") List<Step> history) {
        State state = play(history);
        if (state.object() == null) {
            return;
        }
        FieldSet all = new FieldSet();
        addPresent(Shape.root(PODS), state.object(), all);
        state.managers()
                .entries()
                .forEach((key, owned) -> assertThat(owned.fields().minus(all).paths())
                        .as(key.toString())
                        .isEmpty());
    }

    /** Whoever owns an empty list goes on owning that it is there when others fill it. */
    private static void addPresent(Shape shape, JsonNode value, FieldSet present) {
        present.addSelf();
        Fields.parts(shape, value)
                .forEach(
                        (element, part) -> addPresent(Fields.part(shape, element, part), part, present.child(element)));
    }

    @Property(tries = 500)
    void isReadAsItIsWritten(@ForAll("histories") List<Step> history) {
        ManagedFields managers = play(history).managers();
        assertThat(ManagedFields.read(managers.toTree())).hasValue(managers);
    }
}
