package dev.gantry.e2e.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may import whom: the rules of docs/architecture.md. */
@AnalyzeClasses(packages = "dev.gantry", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule MODULES = layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage("dev.gantry..")
            .layer("wire")
            .definedBy("dev.gantry.wire..")
            .layer("common")
            .definedBy("dev.gantry.common..")
            .layer("scheduler")
            .definedBy("dev.gantry.scheduler..")
            .layer("linux")
            .definedBy("dev.gantry.linux..")
            .layer("control-plane")
            .definedBy("dev.gantry.controlplane..")
            .layer("agent")
            .definedBy("dev.gantry.agent..")
            .layer("cli")
            .definedBy("dev.gantry.cli..")
            .whereLayer("control-plane")
            .mayOnlyAccessLayers("scheduler", "common", "wire")
            .whereLayer("agent")
            .mayOnlyAccessLayers("linux", "common", "wire")
            .whereLayer("cli")
            .mayOnlyAccessLayers("scheduler", "common")
            .whereLayer("scheduler")
            .mayNotAccessAnyLayer()
            .whereLayer("linux")
            .mayNotAccessAnyLayer()
            .whereLayer("common")
            .mayNotAccessAnyLayer()
            .whereLayer("wire")
            .mayNotAccessAnyLayer();

    @ArchTest
    static final ArchRule ONLY_LINUX_TOUCHES_THE_KERNEL = noClasses()
            .that()
            .resideOutsideOfPackage("dev.gantry.linux..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("jnr..", "com.kenai.jffi..", "java.lang.foreign..");

    @ArchTest
    static final ArchRule ONLY_THE_STORE_KNOWS_ZOOKEEPER = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "dev.gantry.controlplane.store..",
                    "dev.gantry.controlplane.leader..",
                    "dev.gantry.controlplane.zookeeper..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.curator..", "org.apache.zookeeper..");

    @ArchTest
    static final ArchRule ONLY_HTTP_KNOWS_THE_SERVER_LIBRARY = noClasses()
            .that()
            .resideOutsideOfPackage("dev.gantry.controlplane.http..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.linecorp.armeria..");

    @ArchTest
    static final ArchRule THE_SCHEDULER_IS_PURE = noClasses()
            .that()
            .resideInAPackage("dev.gantry.scheduler..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "java.io..",
                    "java.nio.file..",
                    "java.net..",
                    "java.util.concurrent",
                    "io.fabric8..",
                    "com.fasterxml..")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(java.time.Instant.class, "now");

    @ArchTest
    static final ArchRule PACKAGES_OF_THE_CONTROL_PLANE_HAVE_NO_CYCLES =
            slices().matching("dev.gantry.controlplane.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule PACKAGES_OF_THE_AGENT_HAVE_NO_CYCLES =
            slices().matching("dev.gantry.agent.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule NAMES_SAY_SOMETHING = noClasses()
            .that()
            .resideOutsideOfPackage("dev.gantry.wire..")
            .should()
            .haveSimpleNameEndingWith("Manager")
            .orShould()
            .haveSimpleNameEndingWith("Helper")
            .orShould()
            .haveSimpleNameEndingWith("Utils")
            .orShould()
            .haveSimpleNameEndingWith("Util")
            .orShould()
            .haveSimpleNameEndingWith("Impl");

    @ArchTest
    static final ArchRule SLEEPING_IS_FOR_THE_COMMAND_LINE = noClasses()
            .that()
            .resideInAnyPackage("dev.gantry.controlplane..", "dev.gantry.scheduler..")
            .should()
            .callMethod(Thread.class, "sleep", long.class);

    @ArchTest
    static final ArchRule EVERY_ERROR_OF_THE_STORE_IS_ITS_OWN = classes()
            .that()
            .resideInAPackage("dev.gantry.controlplane.store..")
            .and()
            .arePublic()
            .should(new DeclareNoCheckedException());
}
