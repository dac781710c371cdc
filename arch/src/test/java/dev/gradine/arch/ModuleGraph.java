package dev.gradine.arch;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.targetOwner;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameStartingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Who may know whom. An arrow is a direct dependency; what an arrow leads to may be used as well. A
/// module is named by its package below `dev.gradine`: `cuda-sim` holds `cuda.sim`.
final class ModuleGraph {

    private static final String ROOT = "dev.gradine.";

    private static final Map<String, Set<String>> ARROWS = Map.ofEntries(
            Map.entry("settings", Set.of()),
            Map.entry("tensor", Set.of()),
            Map.entry("gpu", Set.of("tensor")),
            Map.entry("cuda.sim", Set.of("gpu")),
            Map.entry("cuda.driver", Set.of("gpu")),
            Map.entry("cuda.kernels", Set.of("gpu", "cuda.sim", "cuda.driver")),
            Map.entry("autograd", Set.of("tensor")),
            Map.entry("nn", Set.of("autograd")),
            Map.entry("io", Set.of("tensor")),
            Map.entry("optim", Set.of("autograd", "settings")),
            Map.entry("models", Set.of("nn", "io", "data")),
            Map.entry("peft", Set.of("nn", "io", "settings")),
            Map.entry("data", Set.of()),
            Map.entry("align", Set.of("nn", "optim", "data", "settings")),
            Map.entry("export", Set.of("models", "peft")),
            Map.entry("merge", Set.of("io")),
            Map.entry("serve", Set.of("models", "peft")),
            Map.entry("train", Set.of("align", "eval", "models", "peft")),
            Map.entry("bench", Set.of("train", "cuda.kernels")),
            Map.entry("lab", Set.of("train")),
            Map.entry("eval", Set.of("align", "models")),
            Map.entry("cli", Set.of("bench", "lab", "eval", "export", "merge", "serve")));

    /// Used by the build alone: tests, benchmarks and this module.
    private static final Set<String> NOT_SHIPPED = Set.of("testkit", "jmh", "arch");

    private ModuleGraph() {}

    /// Modules of the build that no row of the table speaks of.
    static List<String> unknown(List<String> modules) {
        return modules.stream()
                .map(m -> m.replace('-', '.'))
                .filter(m -> !ARROWS.containsKey(m) && !NOT_SHIPPED.contains(m))
                .toList();
    }

    /// One rule a module: it knows itself and what lies below it.
    static Stream<ArchRule> arrows() {
        return ARROWS.keySet().stream().sorted().map(module -> {
            Set<String> forbidden = new TreeSet<>(ARROWS.keySet());
            forbidden.addAll(NOT_SHIPPED);
            forbidden.removeAll(reachable(module));
            return noClasses()
                    .that()
                    .resideInAPackage(ROOT + module + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            forbidden.stream().map(m -> ROOT + m + "..").toArray(String[]::new))
                    .because("arrows point down only")
                    .allowEmptyShould(true);
        });
    }

    /// Libraries and packages that have one home.
    static Stream<ArchRule> homes() {
        return Stream.of(
                onlyIn("the Vector API is the CPU kernels' way to compute", "jdk.incubator.vector..", "tensor.cpu"),
                onlyIn("options are read where commands are", "picocli..", "cli.."),
                onlyIn("JCuda has one home", "jcuda..", "cuda.driver.."),
                segments(),
                widthChosenIn("dev.gradine.tensor.cpu.Vectors"),
                forbid("autograd", "dev.gradine.tensor.cpu..", "ops know a device only as Kernels"),
                forbid("autograd", "dev.gradine.gpu..", "ops know a device only as Kernels"),
                forbid("autograd", "dev.gradine.cuda..", "ops know a device only as Kernels"),
                noJson("tensor"),
                noJson("autograd"),
                noJson("nn"),
                noJson("optim"),
                noJson("align"));
    }

    private static Set<String> reachable(String module) {
        Set<String> below = new TreeSet<>(Set.of(module));
        for (String next : ARROWS.getOrDefault(module, Set.of())) below.addAll(reachable(next));
        return below;
    }

    private static ArchRule onlyIn(String reason, String library, String home) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(ROOT + home)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .because(reason)
                .allowEmptyShould(true);
    }

    private static ArchRule segments() {
        return noClasses()
                .that()
                .resideOutsideOfPackages(ROOT + "tensor..", ROOT + "io..", ROOT + "gpu..", ROOT + "cuda..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.foreign.MemorySegment")
                .because("above tensor and io, memory is a Tensor")
                .allowEmptyShould(true);
    }

    /// One class says how wide vectors of floats are.
    static ArchRule widthChosenIn(String home) {
        return noClasses()
                .that()
                .doNotHaveFullyQualifiedName(home)
                .should()
                .accessFieldWhere(
                        targetOwner(name("jdk.incubator.vector.FloatVector")).and(target(nameStartingWith("SPECIES_"))))
                .because("of two widths the compiler makes objects in every kernel that calls the same methods")
                .allowEmptyShould(true);
    }

    private static ArchRule forbid(String module, String library, String reason) {
        return noClasses()
                .that()
                .resideInAPackage(ROOT + module + "..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .because(reason)
                .allowEmptyShould(true);
    }

    private static ArchRule noJson(String module) {
        return noClasses()
                .that()
                .resideInAPackage(ROOT + module + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("tools.jackson..", "com.fasterxml.jackson..")
                .because("what computes does not parse")
                .allowEmptyShould(true);
    }
}
