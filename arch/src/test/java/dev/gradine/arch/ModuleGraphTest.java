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
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The module graph and the homes of libraries hold in the compiled program, and refuse planted arrows.
class ModuleGraphTest {

    private static final JavaClasses PROGRAM = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.gradine");

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
    void every_module_of_the_build_has_a_row() {
        assertThat(ModuleGraph.unknown(Repository.here().modules())).isEmpty();
        assertThat(ModuleGraph.unknown(List.of("tensor", "cuda-kernels", "serving")))
                .containsExactly("serving");
    }

    @ParameterizedTest
    @CsvSource({
        "tensor, autograd",
        "autograd, nn",
        "nn, io",
        "nn, peft",
        "io, autograd",
        "peft, align",
        "align, peft",
        "align, data",
        "data, tensor",
        "train, peft",
        "train, cli",
        "cuda, autograd",
        "tensor, testkit",
        "cli, jmh"
    })
    void an_arrow_that_is_not_in_the_table_is_found(String from, String to, @TempDir Path dir) throws IOException {
        assertThat(violations(dir, arrow(from, "dev.gradine." + to + ".Known"), known("dev.gradine." + to)))
                .isNotEmpty()
                .allSatisfy(v -> assertThat(v).contains("dev.gradine." + from + ".Planted", "dev.gradine." + to));
    }

    @ParameterizedTest
    @CsvSource({
        "autograd, tensor",
        "peft, autograd",
        "peft, io",
        "train, nn",
        "train, tensor",
        "cli, peft",
        "cli, data",
        "cli, tensor.cpu",
        "nn, tensor.cpu"
    })
    void an_arrow_downwards_passes_however_long(String from, String to, @TempDir Path dir) throws IOException {
        assertThat(violations(dir, arrow(from, "dev.gradine." + to + ".Known"), known("dev.gradine." + to)))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "tensor, jdk.incubator.vector.FloatVector",
        "tensor.kernel, jdk.incubator.vector.FloatVector",
        "nn, java.lang.foreign.MemorySegment",
        "train, java.lang.foreign.MemorySegment",
        "autograd.op, dev.gradine.tensor.cpu.Known",
        "train, picocli.CommandLine",
        "nn, tools.jackson.databind.Known",
        "align, com.fasterxml.jackson.annotation.Known",
        "tensor, jcuda.driver.Known"
    })
    void a_library_away_from_home_is_found(String from, String library, @TempDir Path dir) throws IOException {
        assertThat(violations(dir, homes(from, library))).isNotEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "tensor.cpu, jdk.incubator.vector.FloatVector",
        "tensor, java.lang.foreign.MemorySegment",
        "io.gguf, java.lang.foreign.MemorySegment",
        "nn, java.lang.foreign.Arena",
        "cli, picocli.CommandLine",
        "io, tools.jackson.databind.Known",
        "cuda, jcuda.driver.Known"
    })
    void a_library_at_home_passes(String from, String library, @TempDir Path dir) throws IOException {
        assertThat(violations(dir, homes(from, library))).isEmpty();
    }

    private static Source[] homes(String from, String library) {
        Source planted = arrow(from, library);
        if (!library.endsWith(".Known")) return new Source[] {planted};
        return new Source[] {planted, known(library.substring(0, library.lastIndexOf('.')))};
    }

    private static Source arrow(String from, String to) {
        return new Source("a/Planted.java", "package dev.gradine." + from + "; public class Planted { " + to + " a; }");
    }

    private static Source known(String in) {
        return new Source("b/Known.java", "package " + in + "; public class Known {}");
    }

    /// Compiles the planted classes and checks nothing but them.
    private static List<String> violations(Path dir, Source... sources) throws IOException {
        List<String> arguments =
                new ArrayList<>(List.of("-d", dir.resolve("classes").toString(), "-proc:none"));
        arguments.addAll(List.of("--add-modules=jdk.incubator.vector", "-Xlint:-incubating", "-nowarn"));
        for (Source source : sources) {
            Path file = dir.resolve(source.path());
            Files.createDirectories(dir.resolve(source.folder()));
            arguments.add(Files.writeString(file, source.text()).toString());
        }
        int code = ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new));
        assertThat(code).as("javac").isZero();
        JavaClasses planted = new ClassFileImporter().importPath(dir.resolve("classes"));
        return rules().flatMap(r -> r.evaluate(planted).getFailureReport().getDetails().stream())
                .toList();
    }
}
