package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Param;
import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.models.Models;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `score` with an adapter for each row: as PEFT computes it, and to the bit what each adapter gives alone.
class AdapterNamesTest {

    @TempDir
    private Path temp = Path.of("");

    private float[] score(Path model, Path ids, Object... more) {
        Path out = temp.resolve("logits.safetensors");
        List<Object> args = new ArrayList<>(List.of("score", "--model", model, "--ids", ids, "--out", out));
        args.addAll(Arrays.asList(more));
        Cli.run(args.toArray()).ok();
        return Values.floats(out, "logits");
    }

    @Test
    void rows_of_one_batch_are_those_of_peft() {
        Path folder = Golden.golden("peft/mixed-batch");
        Path base = Golden.golden("peft/base");
        Path expected = folder.resolve("expected.safetensors");
        Object names = Json.readObject(folder.resolve("expected.json")).get("adapter_names");
        String each =
                names instanceof List<?> all ? all.stream().map(String::valueOf).collect(Collectors.joining(",")) : "";
        Object[] abc = given(folder, "--adapter-names", each);
        double[] want = Values.doubles(Values.floats(expected, "logits"));
        Teeth.bite(score(base, expected, abc), z -> Tolerance.logits().check("rows", z, want));
        String both = String.join(",", Collections.nCopies(6, "a+b"));
        double[] wantBoth = Values.doubles(Values.floats(expected, "both_logits"));
        Teeth.bite(
                score(base, expected, given(folder, "--adapter-names", both)),
                z -> Tolerance.logits().check("both", z, wantBoth));
    }

    private static Object[] given(Path folder, Object... more) {
        List<Object> args = new ArrayList<>();
        for (String name : List.of("a", "b", "c")) args.addAll(List.of("--adapter", name + "=" + folder.resolve(name)));
        args.addAll(Arrays.asList(more));
        return args.toArray();
    }

    private Path ids(int rows, int length) {
        Path file = temp.resolve("ids.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            int[] ids = Cases.indices(7, rows * length, TinyModel.VOCAB);
            Safetensors.write(file, Map.of("input_ids", Tensor.of(arena, Shape.of(rows, length), ids)));
        }
        return file;
    }

    private Path adapter(Path model, int seed) {
        Path folder = temp.resolve("adapter-" + seed);
        try (Kernels run = CpuKernels.open();
                var m = Models.open(model, run)) {
            AdapterSet set = AdapterSet.fresh(
                    m.model(), Lora.of(4, 8), Selection.of("all-linear"), run, new SplittableRandom(seed));
            for (Param p : set.params()) {
                run.upload(Cases.plain(seed++, p.value().size(), 0.2f), p.value());
            }
            AdapterFolder.save(set, folder, "", run);
        }
        return folder;
    }

    @Test
    void a_row_is_to_the_bit_what_its_adapter_gives_alone() {
        Path model = TinyModel.write(temp.resolve("model"));
        Path a = adapter(model, 1);
        Path b = adapter(model, 100);
        for (int length : new int[] {3, 12}) {
            Path ids = ids(3, length);
            float[] mixed =
                    score(model, ids, "--adapter", "a=" + a, "--adapter", "b=" + b, "--adapter-names", "b,__base__,a");
            float[] ofA = score(model, ids, "--adapter", a);
            float[] ofB = score(model, ids, "--adapter", b);
            float[] ofNone = score(model, ids);
            int n = mixed.length / 3;
            assertThat(Arrays.copyOf(mixed, n)).isEqualTo(Arrays.copyOf(ofB, n)).isNotEqualTo(Arrays.copyOf(ofA, n));
            assertThat(Arrays.copyOfRange(mixed, n, 2 * n)).isEqualTo(Arrays.copyOfRange(ofNone, n, 2 * n));
            assertThat(Arrays.copyOfRange(mixed, 2 * n, 3 * n)).isEqualTo(Arrays.copyOfRange(ofA, 2 * n, 3 * n));
        }
    }

    @Test
    void the_simulator_computes_what_the_cpu_does() {
        Path model = TinyModel.write(temp.resolve("model"));
        Path a = adapter(model, 1);
        Path b = adapter(model, 100);
        Path ids = ids(2, 9);
        Object[] args = {"--adapter", "a=" + a, "--adapter", "b=" + b, "--adapter-names", "a,b"};
        double[] cpu = Values.doubles(score(model, ids, args));
        Object[] onSim = Arrays.copyOf(args, args.length + 2);
        onSim[args.length] = "--device";
        onSim[args.length + 1] = "sim";
        Teeth.bite(score(model, ids, onSim), z -> Tolerance.logits().check("sim", z, cpu));
    }

    @Test
    void names_that_do_not_fit_are_told() {
        Path model = TinyModel.write(temp.resolve("model"));
        Path a = adapter(model, 1);
        Path ids = ids(2, 9);
        String line = "adapter %s: lora on 14 modules; 28 of 28 tensors used\ngradine: ".formatted(a);
        refuses(
                model,
                ids,
                "a=" + a,
                "a",
                line + "--adapter-names: 1 given, expected one for each row (" + ids + " has 2 rows)");
        refuses(
                model,
                ids,
                "a=" + a,
                "a,x",
                line + "--adapter-names: name 2 is \"x\", expected a, __base__, or several" + " of them joined by +");
        refuses(
                model,
                ids,
                a.toString(),
                "a,a",
                "--adapter: \"%s\", expected NAME=DIR, its name of letters, digits".formatted(a) + " and _.-");
    }

    private void refuses(Path model, Path ids, String adapter, String names, String message) {
        Cli.run(
                        "score",
                        "--model",
                        model,
                        "--ids",
                        ids,
                        "--out",
                        temp.resolve("x"),
                        "--adapter",
                        adapter,
                        "--adapter-names",
                        names)
                .refuses(message);
    }

    @Test
    void commands_of_one_adapter_want_one() {
        Path model = TinyModel.write(temp.resolve("model"));
        Path a = adapter(model, 1);
        Path out = temp.resolve("merged");
        Cli.run("merge", "--model", model, "--adapter", a, "--adapter", "b=" + a, "--out", out)
                .refuses("--adapter: 2 are given, expected one");
    }
}
