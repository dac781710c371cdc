package dev.gradine.arch;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The module graph and the homes of libraries hold in the compiled program, and refuse planted arrows.
class ModuleGraphTest {

    private static final JavaClasses PROGRAM = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.gradine");

    /// Violations among the planted classes, by class.
    private static Map<String, Long> violations = Map.of();

    @ParameterizedTest
    @MethodSource("rules")
    void the_program_obeys(ArchRule rule) {
        rule.check(PROGRAM);
    }

    static Stream<ArchRule> rules() {
        return Stream.concat(ModuleGraph.arrows(), ModuleGraph.homes());
    }

    @Test
    void the_program_was_read() {
        assertThat(PROGRAM.contain("dev.gradine.cli.Main")).isTrue();
    }

    @Test
    void a_second_width_of_vectors_is_found() {
        assertThat(ModuleGraph.widthChosenIn("dev.gradine.Nowhere")
                        .evaluate(PROGRAM)
                        .hasViolation())
                .isTrue();
    }

    @Test
    void every_module_of_the_build_has_a_row() {
        assertThat(ModuleGraph.unknown(Repository.here().modules())).isEmpty();
        assertThat(ModuleGraph.unknown(List.of("tensor", "cuda-kernels", "cuda-sim", "serving")))
                .containsExactly("serving");
    }

    @ParameterizedTest
    @MethodSource
    void a_planted_arrow_is_found(Arrow arrow) {
        assertThat(violations.getOrDefault(arrow.className(), 0L)).isPositive();
    }

    static Stream<Arrow> a_planted_arrow_is_found() {
        return arrows("""
                tensor: autograd.Known testkit.Known io.Known
                autograd: nn.Known tensor.cpu.Known gpu.Known cuda.kernels.Known
                nn: io.Known peft.Known java.lang.foreign.MemorySegment tools.jackson.databind.Known
                io: autograd.Known
                peft: align.Known train.Known
                export: train.Known align.Known
                align: peft.Known io.Known com.fasterxml.jackson.annotation.Known
                data: tensor.Known
                train: export.Known cli.Known picocli.CommandLine java.lang.foreign.MemorySegment
                gpu: autograd.Known cuda.sim.Known cuda.driver.Known cuda.kernels.Known jcuda.driver.Known
                cuda.sim: cuda.driver.Known cuda.kernels.Known jcuda.driver.Known
                cuda.driver: cuda.sim.Known cuda.kernels.Known
                cuda.kernels: autograd.Known jcuda.driver.Known
                bench: cli.Known jmh.Known picocli.CommandLine jcuda.driver.Known
                lab: cli.Known bench.Known picocli.CommandLine
                eval: cli.Known train.Known picocli.CommandLine
                cli: jmh.Known jdk.incubator.vector.FloatVector
                tensor.kernel: jdk.incubator.vector.FloatVector jcuda.driver.Known
                autograd.op: tensor.cpu.Known
                """);
    }

    @ParameterizedTest
    @MethodSource
    void an_arrow_downwards_or_to_a_library_at_home_passes(Arrow arrow) {
        assertThat(violations.getOrDefault(arrow.className(), 0L)).isZero();
    }

    static Stream<Arrow> an_arrow_downwards_or_to_a_library_at_home_passes() {
        return arrows("""
                tensor.cpu: jdk.incubator.vector.FloatVector
                tensor: java.lang.foreign.MemorySegment
                gpu: tensor.Known java.lang.foreign.MemorySegment
                cuda.sim: gpu.Known tensor.Known
                cuda.sim.ptx: cuda.sim.Known
                cuda.driver: gpu.Known jcuda.driver.Known
                cuda.kernels: gpu.Known cuda.sim.Known cuda.driver.Known tensor.Known
                autograd: tensor.Known
                nn: tensor.Known tensor.cpu.Known java.lang.foreign.Arena
                io: tools.jackson.databind.Known
                io.gguf: java.lang.foreign.MemorySegment
                peft: autograd.Known io.Known
                align: data.Known optim.Known settings.Known autograd.Known
                train: nn.Known tensor.Known data.Known peft.Known models.Known
                export: models.Known peft.Known
                bench: train.Known peft.Known cuda.kernels.Known
                lab: train.Known align.Known peft.Known
                cli: bench.Known lab.Known peft.Known data.Known tensor.cpu.Known picocli.CommandLine
                """);
    }

    /// A class in package `from` that has a field of type `to`.
    record Arrow(String from, String to) {
        String className() {
            return "dev.gradine." + from + "." + simpleName();
        }

        String simpleName() {
            return "Uses_" + to.replace('.', '_');
        }

        Source source() {
            String body = "public class " + simpleName() + " { " + to + " planted; }";
            return new Source(from + "/" + simpleName() + ".java", "package dev.gradine." + from + "; " + body);
        }

        /// What the arrow points at, where it is planted as well.
        Stream<Source> target() {
            if (!to.endsWith(".Known")) return Stream.empty();
            String in = to.substring(0, to.lastIndexOf('.'));
            return Stream.of(new Source(in + "/Known.java", "package " + in + "; public class Known {}"));
        }
    }

    private static Stream<Arrow> arrows(String table) {
        return table.lines().flatMap(line -> {
            String[] words = line.split(":? ", -1);
            return Stream.of(words)
                    .skip(1)
                    .map(to -> new Arrow(
                            words[0],
                            to.matches("(?!jcuda)\\w+(\\.cpu|(?<=cuda)\\.\\w+)?\\.Known") ? "dev.gradine." + to : to));
        });
    }

    /// All arrows are compiled, read and checked together: the violations by class.
    @BeforeAll
    static void plant(@TempDir Path dir) throws IOException {
        Path classes = dir.resolve("classes");
        List<String> arguments = new ArrayList<>(List.of("-d", classes.toString(), "-proc:none", "-nowarn"));
        arguments.addAll(List.of("--add-modules=jdk.incubator.vector", "-Xlint:-incubating"));
        List<Source> sources = Stream.concat(
                        a_planted_arrow_is_found(), an_arrow_downwards_or_to_a_library_at_home_passes())
                .flatMap(a -> Stream.concat(Stream.of(a.source()), a.target()))
                .distinct()
                .toList();
        for (Source source : sources) {
            Files.createDirectories(dir.resolve(source.folder()));
            arguments.add(
                    Files.writeString(dir.resolve(source.path()), source.text()).toString());
        }
        int code = ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new));
        assertThat(code).as("javac").isZero();
        JavaClasses planted = new ClassFileImporter().importPath(classes);
        violations = rules().flatMap(r -> r.evaluate(planted).getFailureReport().getDetails().stream())
                .map(detail -> detail.replaceFirst("^Field <([\\w.]+)\\.planted>.*", "$1"))
                .collect(Collectors.groupingBy(name -> name, Collectors.counting()));
    }
}
