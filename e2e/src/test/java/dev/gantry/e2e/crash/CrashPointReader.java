package dev.gantry.e2e.crash;

import dev.gantry.common.crash.CrashPoint;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads from class files where crash points are declared and armed. */
final class CrashPointReader {
    private static final String OWNER = CrashPoint.class.getName().replace('.', '/');

    private CrashPointReader() {}

    /** @throws AssertionError for a point whose name is no constant: it could not be listed */
    static List<DeclaredPoint> declaredIn(Path classFile) throws IOException {
        ClassModel model = ClassFile.of().parse(classFile);
        List<DeclaredPoint> points = new ArrayList<>();
        for (MethodModel method : model.methods()) {
            @Nullable CodeElement before = null;
            for (CodeElement element :
                    method.code().map(code -> code.elementList()).orElse(List.of())) {
                if (element instanceof InvokeInstruction invoke && calls(invoke, "of")) {
                    points.add(new DeclaredPoint(constant(before, model), nameOf(model)));
                }
                // labels and line numbers lie between instructions
                before = element instanceof java.lang.classfile.Instruction ? element : before;
            }
        }
        return points;
    }

    private static String constant(@Nullable CodeElement argument, ClassModel model) {
        if (argument instanceof ConstantInstruction load && load.constantValue() instanceof String name) {
            return name;
        }
        throw new AssertionError(
                "%s passes no constant to CrashPoint.of: the list of points can't be read from the code"
                        .formatted(nameOf(model)));
    }

    static boolean armsPoints(Path classFile) throws IOException {
        return ClassFile.of().parse(classFile).methods().stream()
                .flatMap(method -> method.code().stream())
                .flatMap(code -> code.elementStream())
                .anyMatch(element -> element instanceof InvokeInstruction invoke && calls(invoke, "arm"));
    }

    static String topLevelClass(Path classFile) throws IOException {
        String name = nameOf(ClassFile.of().parse(classFile));
        int dollar = name.indexOf('$');
        return dollar < 0 ? name : name.substring(0, dollar);
    }

    private static boolean calls(InvokeInstruction invoke, String method) {
        return invoke.owner().asInternalName().equals(OWNER) && invoke.name().equalsString(method);
    }

    private static String nameOf(ClassModel model) {
        return model.thisClass().asInternalName().replace('/', '.');
    }
}
