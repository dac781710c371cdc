package dev.gradine.arch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Tape;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The programs of `examples/` compile against the modules, print what their comments promise, and stand in the README
/// as they are.
class ExamplesTest {

    private static final int MOST_LINES = 60;
    private static final Pattern LOSS = Pattern.compile("loss (\\d+\\.\\d+)");
    private static final Pattern SNIPPET = Pattern.compile("(?ms)^```java\\n(.*?)^```$");

    @TempDir
    private static Path classes = Path.of("");

    @BeforeAll
    static void every_example_compiles_without_a_warning() {
        List<String> arguments =
                new ArrayList<>(List.of("-d", classes.toString(), "-proc:none", "-Xlint:all,-path", "-Werror"));
        arguments.addAll(List.of("-classpath", System.getProperty("java.class.path", "")));
        examples().forEach(e -> arguments.add(e.toString()));
        var errors = new ByteArrayOutputStream();
        int code = ToolProvider.getSystemJavaCompiler().run(null, null, errors, arguments.toArray(String[]::new));
        assertThat(code).as(errors.toString(StandardCharsets.UTF_8)).isZero();
    }

    @Test
    void the_tape_finds_the_gradient_worked_out_by_hand_and_the_line() throws Exception {
        String out = run("TapeByHand");
        assertThat(out).startsWith("dw by the tape [-7.5, 5.5], by hand [-7.5, 5.5]\n");
        assertThat(losses(out)).startsWith(15.75).endsWith(0.0);
        assertThat(out).endsWith("w = [2.000, -3.000]\n");
    }

    @Test
    void two_ranks_on_a_frozen_layer_learn_new_labels() throws Exception {
        String out = run("LoraOnOneLinear");
        assertThat(out).startsWith("trained 48 of 128 values\n");
        assertFalls(losses(out));
        assertThat(losses(out).getLast()).isLessThan(0.25 * losses(out).getFirst());
    }

    @Test
    void dpo_starts_at_log_2_and_falls() throws Exception {
        List<Double> losses = losses(run("DpoStep"));
        assertThat(losses.getFirst()).isEqualTo(0.6931);
        assertFalls(losses);
        assertThat(losses.getLast()).isLessThan(0.35);
    }

    @Test
    void a_model_from_a_file_is_adapted_trained_on_rows_saved_and_merged(@TempDir Path temp) throws Exception {
        Path demo = Repository.here().root().resolve("lab/src/main/resources/dev/gradine/lab/base");
        Path rows = temp.resolve("rows.jsonl");
        Files.write(rows, Files.readAllLines(demo.resolve("data/train.jsonl")).subList(0, 8));
        Path out = temp.resolve("run");
        String said = run("FineTune", demo.resolve("model").toString(), rows.toString(), out.toString());
        assertThat(said).matches("[\\d,]+ values trained, in .*run\n");
        assertThat(out.resolve("adapter_model.safetensors")).isNotEmptyFile();
        assertThat(out.resolve("report.html")).isNotEmptyFile();
        try (Kernels k = CpuKernels.open();
                OpenModel base = Models.open(demo.resolve("model"), k);
                OpenModel merged = Models.open(out.resolve("merged"), k)) {
            AdapterSet trained = AdapterFolder.load(out, base.model(), k);
            float[] adapted = logits(new Policy(base.model(), trained), k);
            assertThat(logits(Policy.of(merged.model()), k))
                    .usingComparatorWithPrecision(1e-4f)
                    .containsExactly(adapted);
            assertThat(logits(Policy.of(base.model()), k)).isNotEqualTo(adapted);
        }
    }

    private static float[] logits(Policy policy, Kernels run) {
        try (Kernels k = run.openStep()) {
            TokenBatch batch = TokenBatch.of(List.of(new int[] {1, 5, 9, 3}));
            return k.download(policy.logits(Tape.noGrad(k), batch).value());
        }
    }

    @Test
    void the_example_of_fine_tuning_takes_25_lines() {
        Path example = Repository.here().root().resolve("examples/FineTune.java");
        assertThat(text(example).lines()).hasSizeLessThanOrEqualTo(25);
    }

    @Test
    void an_example_fits_one_screen() {
        for (Path example : examples()) {
            assertThat(text(example).lines()).as("%s", example).hasSizeLessThanOrEqualTo(MOST_LINES);
        }
    }

    @Test
    void java_in_the_readme_is_a_whole_example() {
        String readme = text(Repository.here().root().resolve("README.md"));
        assertThat(snippets(readme)).isNotEmpty();
        assertThat(strangers(readme)).isEmpty();
        assertThat(strangers(readme.replace("void main() {", "void main( ) {"))).hasSize(1);
    }

    private static List<String> snippets(String page) {
        return SNIPPET.matcher(page)
                .results()
                .map((MatchResult m) -> m.group(1))
                .toList();
    }

    /// Snippets of the page that are no example, letter by letter.
    private static List<String> strangers(String page) {
        List<String> whole = examples().stream().map(ExamplesTest::text).toList();
        return snippets(page).stream().filter(s -> !whole.contains(s)).toList();
    }

    private static List<Path> examples() {
        Repository repository = Repository.here();
        return repository.files(repository.root().resolve("examples"), ".java");
    }

    /// What the example prints, with a point as decimal mark wherever the test runs.
    private static String run(String name, String... args) throws Exception {
        PrintStream stdout = System.out;
        Locale locale = Locale.getDefault();
        var printed = new ByteArrayOutputStream();
        try (var loader = new URLClassLoader(new URL[] {classes.toUri().toURL()})) {
            System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
            Locale.setDefault(Locale.ROOT);
            Class<?> program = loader.loadClass(name);
            Constructor<?> constructor = program.getDeclaredConstructor();
            boolean takes = args.length > 0;
            Method main = takes ? program.getDeclaredMethod("main", String[].class) : program.getDeclaredMethod("main");
            constructor.setAccessible(true);
            main.setAccessible(true);
            if (takes) main.invoke(constructor.newInstance(), (Object) args);
            else main.invoke(constructor.newInstance());
        } finally {
            System.setOut(stdout);
            Locale.setDefault(locale);
        }
        return printed.toString(StandardCharsets.UTF_8).replace("\r\n", "\n");
    }

    private static List<Double> losses(String out) {
        return LOSS.matcher(out)
                .results()
                .map((MatchResult m) -> Double.valueOf(m.group(1)))
                .toList();
    }

    private static void assertFalls(List<Double> losses) {
        assertThat(losses).hasSizeGreaterThan(3);
        for (int i = 1; i < losses.size(); i++) assertThat(losses.get(i)).isLessThan(losses.get(i - 1));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError(file + " cannot be read", e);
        }
    }
}
