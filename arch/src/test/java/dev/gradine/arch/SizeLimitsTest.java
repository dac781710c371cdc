package dev.gradine.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Sizes and text rules hold in every Java file of the repository, and each of them refuses a planted fault.
class SizeLimitsTest {

    /// Files that may break one rule, `path:rule` to the reason. An entry that is no longer needed fails the test.
    private static final Map<String, String> EXCEPTIONS = Map.of(
            "io/src/main/java/dev/gradine/io/Llama2c.java:parameters",
            "the header of the file has seven numbers",
            "train/src/main/java/dev/gradine/train/report/RunInfo.java:parameters",
            "one component for each part of run.json",
            "train/src/main/java/dev/gradine/train/RunFiles.java:parameters",
            "one component for each option",
            "train/src/main/java/dev/gradine/train/RunLoop.java:parameters",
            "a plan holds what one run is made of",
            "gpu/src/main/java/dev/gradine/gpu/DenseGemm.java:parameters",
            "a product is three matrices, their sizes and how they are multiplied",
            "models/src/test/java/dev/gradine/models/ConfigKeysTest.java:method",
            "one table of published configurations",
            "io/src/test/java/dev/gradine/io/SafetensorsHeaderTest.java:method",
            "one table of hostile headers");

    private static final String MAIN = "tensor/src/main/java/Planted.java";
    private static final String TEST = "tensor/src/test/java/Planted.java";

    @Test
    void every_file_is_within_the_limits_or_listed_with_a_reason() {
        List<Finding> findings = check(Stream.of("main", "test")
                .flatMap(k -> Repository.here().sources(k).stream())
                .toList());
        assertThat(findings).filteredOn(f -> !EXCEPTIONS.containsKey(key(f))).isEmpty();
        assertThat(findings.stream().map(SizeLimitsTest::key)).containsAll(EXCEPTIONS.keySet());
    }

    @Test
    void a_file_has_at_most_400_lines() {
        String head = "package dev.gradine.nn;\nclass Planted {\n";
        assertThat(rules(MAIN, head + "\n".repeat(397) + "}\n")).isEmpty();
        assertThat(rules(MAIN, head + "\n".repeat(398) + "}\n")).containsExactly("file");
    }

    @ParameterizedTest
    @CsvSource({"dev.gradine.nn, 60", "dev.gradine.tensor.kernel, 60", "dev.gradine.tensor.cpu, 100"})
    void a_method_has_at_most_60_lines_and_a_cpu_kernel_100(String in, int most) {
        assertThat(rules(MAIN, method(in, "int a", "\n".repeat(most - 1)))).isEmpty();
        assertThat(rules(MAIN, method(in, "int a", "\n".repeat(most)))).containsExactly("method");
    }

    @ParameterizedTest
    @CsvSource({"dev.gradine.nn, 6", "dev.gradine.tensor.kernel, 9", "dev.gradine.tensor.cpu, 9"})
    void a_method_has_at_most_6_parameters_and_a_kernel_9(String in, int most) {
        assertThat(rules(MAIN, method(in, parameters(most), ""))).isEmpty();
        assertThat(rules(MAIN, method(in, parameters(most + 1), ""))).containsExactly("parameters");
    }

    @ParameterizedTest
    @CsvSource({
        "record Pair, 6",
        "record TrainConfig, 12",
        "record TrainOptions, 12",
        "record TrainArgs, 12",
        "record TrainSettings, 12",
        "@picocli.CommandLine.Command record Train, 12"
    })
    void a_record_has_at_most_6_components_and_a_configuration_12(String type, int most) {
        String source = "package dev.gradine.nn; %s(%s) { static int count; int twice() { return 2; } }";
        assertThat(rules(MAIN, source.formatted(type, parameters(most)))).isEmpty();
        assertThat(rules(MAIN, source.formatted(type, parameters(most + 1)))).containsExactly("parameters");
    }

    @ParameterizedTest
    @CsvSource({"dev.gradine.nn, 3", "dev.gradine.tensor.kernel, 3", "dev.gradine.tensor.cpu, 5"})
    void main_code_nests_at_most_3_blocks_and_a_cpu_kernel_5(String in, int most) {
        assertThat(rules(MAIN, method(in, "int a", loops(most)))).isEmpty();
        assertThat(rules(MAIN, method(in, "int a", loops(most + 1)))).containsExactly("nesting");
        assertThat(rules(TEST, method(in, "int a", loops(most + 1)))).isEmpty();
    }

    @Test
    void lambdas_and_switches_nest_but_classes_inside_a_method_start_anew() {
        assertThat(rules(MAIN, body("if (a) { if (a) { if (a) { switch (1) { default: } } } }")))
                .containsExactly("nesting");
        assertThat(rules(MAIN, body("if (a) { if (a) { if (a) { Runnable r = () -> { run(); }; } } }")))
                .containsExactly("nesting");
        assertThat(rules(MAIN, body("if (a) { if (a) { new Object() { void b() { if (a) { run(); } } }; } }")))
                .isEmpty();
    }

    @Test
    void a_line_has_at_most_120_characters() {
        String line = "package dev.gradine.nn; class Planted {}";
        assertThat(rules(MAIN, line + " ".repeat(120 - line.length()))).isEmpty();
        assertThat(rules(MAIN, line + " ".repeat(121 - line.length()))).containsExactly("line");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"// run();", "// if (a) {", "// }", "/* int a = 1; */", "// return a;", "//   int b = a + 1;"})
    void code_in_a_comment_is_found(String comment) {
        assertThat(rules(MAIN, body("run();\n" + comment + "\nrun();"))).containsExactly("commented-out code");
    }

    @Test
    void a_statement_over_several_comment_lines_is_found_once() {
        String text = "run();\n// step(a,\n//     b);\nrun(); // again\n// and a word";
        List<Finding> findings = check(List.of(new Source(MAIN, body(text))));
        assertThat(findings).hasToString("[" + MAIN + ":4: commented-out code: step(a, b);]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "// the paper's scale; ours is half of it",
                "// x is kept because backward reads it;",
                "/// `run();`",
                "String s = \"// run();\"\\;",
                "// f32[B,T,C] -> f32[B,T,V]"
            })
    void prose_and_documentation_are_not_code(String line) {
        assertThat(rules(MAIN, body(line.replace("\\;", ";") + "\nrun();"))).isEmpty();
    }

    @Test
    void a_comment_is_found_behind_strings_of_any_kind_and_length() {
        String quotes = "\"\"\"";
        String block = "String s = " + quotes + "\n" + "// run();\n".repeat(300) + quotes + ";\n";
        String others = "String t = \"\\\"// run();\"; char c = '\"'; char d = '\\''; int e; // run();";
        String source = "package dev.gradine.nn;\nclass Planted {" + block + others + "\n}";
        assertThat(check(List.of(new Source(MAIN, source))))
                .hasToString("[" + MAIN + ":304: commented-out code: run();]");
    }

    @Test
    void an_open_end_names_its_issue() {
        String word = "FIX" + "ME";
        assertThat(rules(MAIN, body("// " + word + " #12 wait for JDK 26"))).isEmpty();
        assertThat(rules(MAIN, body("// " + word + "(#12): wait for JDK 26"))).isEmpty();
        assertThat(rules(MAIN, body("// " + word + " wait for JDK 26"))).containsExactly("open end");
        assertThat(rules(MAIN, body("/// TO" + "DO wait for JDK 26"))).containsExactly("open end");
    }

    @Test
    void imports_name_one_class_each() {
        String source = "package dev.gradine.nn; import %s; class Planted {}";
        assertThat(rules(MAIN, source.formatted("java.time.Instant"))).isEmpty();
        assertThat(rules(MAIN, source.formatted("java.time.*"))).containsExactly("import");
        assertThat(rules(MAIN, source.formatted("static java.lang.Math.*"))).containsExactly("import");
    }

    @ParameterizedTest
    @CsvSource({"dev.gradine.util", "dev.gradine.nn.impl", "dev.gradine.common.text"})
    void a_package_is_named_after_its_subject(String name) {
        assertThat(rules(MAIN, "package " + name + "; class Planted {}")).containsExactly("package");
        assertThat(rules(MAIN, "package dev.gradine.simplified; class Planted {}"))
                .isEmpty();
    }

    @Test
    void a_finding_says_where_what_and_how_much() {
        List<Finding> findings = check(List.of(new Source(MAIN, method("dev.gradine.nn", parameters(7), ""))));
        assertThat(findings).hasToString("[" + MAIN + ":2: parameters: run has 7, expected <= 6]");
    }

    private static List<Finding> check(List<Source> sources) {
        return Parser.parse(sources).stream()
                .flatMap(f -> Stream.concat(SizeCheck.check(f).stream(), TextCheck.check(f).stream()))
                .toList();
    }

    private static String key(Finding f) {
        return f.path() + ":" + f.rule();
    }

    private static List<String> rules(String path, String text) {
        return check(List.of(new Source(path, text))).stream()
                .map(Finding::rule)
                .toList();
    }

    private static String method(String in, String parameters, String body) {
        return "package " + in + ";\nclass Planted { void run(" + parameters + ") {" + body + "} }";
    }

    private static String body(String text) {
        return method("dev.gradine.nn", "boolean a", "\n" + text + "\n");
    }

    private static String parameters(int count) {
        return String.join(
                ",\n",
                Stream.iterate(0, i -> i + 1).limit(count).map(i -> "int p" + i).toList());
    }

    private static String loops(int depth) {
        return "while (a > 0) {\n".repeat(depth) + "}\n".repeat(depth);
    }
}
