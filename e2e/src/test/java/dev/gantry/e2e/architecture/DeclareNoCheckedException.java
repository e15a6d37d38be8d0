package dev.gantry.e2e.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;

/** Public methods don't say {@code throws Exception}: Curator's habit ends inside the store. */
final class DeclareNoCheckedException extends ArchCondition<JavaClass> {
    DeclareNoCheckedException() {
        super("not declare 'throws Exception' in public methods");
    }

    @Override
    public void check(JavaClass type, ConditionEvents events) {
        for (JavaMethod method : type.getMethods()) {
            boolean declares = method.getThrowsClause().containsType(Exception.class);
            if (declares && method.getModifiers().contains(JavaModifier.PUBLIC)) {
                events.add(SimpleConditionEvent.violated(method, method.getFullName() + " declares throws Exception"));
            }
        }
    }
}
