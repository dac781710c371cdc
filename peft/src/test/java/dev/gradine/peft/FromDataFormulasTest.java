package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
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
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The formulas of beginnings from data: golden values of PEFT, and formulas in double.
class FromDataFormulasTest {

    private static final String WEIGHT = ".weight";

    private final Arena arena = Arena.ofShared();
    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
        arena.close();
    }

    private Safetensors file(String path) {
        return Safetensors.open(Golden.golden("peft/" + path), arena);
    }

    private Tensor tensor(Safetensors file, String name) {
        Tensor stored = run.fromHost(file.tensor(name));
        Tensor copy = run.empty(stored.shape());
        run.copy(stored, copy);
        return copy;
    }

    private double[] doubles(Safetensors file, String name) {
        return Cases.doubles(run.download(tensor(file, name)));
    }

    private static Map<String, Object> json(Path file, String key) {
        Object part =
                key.isEmpty() ? Json.readObject(file) : Json.readObject(file).get(key);
        Map<String, Object> all = new LinkedHashMap<>();
        if (part instanceof Map<?, ?> m) m.forEach((k, v) -> all.put(k.toString(), v));
        return all;
    }

    /// Turns round the rows that point away from `other`.
    private static float[] turned(float[] rows, double[] other, int width) {
        float[] all = rows.clone();
        for (int from = 0; from < all.length; from += width) {
            double dot = 0;
            for (int i = from; i < from + width; i++) dot += all[i] * other[i];
            for (int i = from; dot < 0 && i < from + width; i++) all[i] = -all[i];
        }
        return all;
    }

    private static float[] transposed(float[] x, int columns) {
        float[] y = new float[x.length];
        int rows = x.length / columns;
        for (int i = 0; i < x.length; i++) y[i % columns * rows + i / columns] = x[i];
        return y;
    }

    @Test
    void eva_shares_out_ranks_and_begins_with_components_as_the_reference() {
        Safetensors in = file("eva/expected.safetensors");
        Safetensors out = file("eva/adapter/adapter_model.safetensors");
        Map<String, Object> config = json(Golden.golden("peft/eva/adapter/adapter_config.json"), "rank_pattern");
        Map<String, Pca> all = new LinkedHashMap<>();
        Map<String, double[]> shares = new LinkedHashMap<>();
        SequencedMap<String, String> first = new LinkedHashMap<>();
        for (String name : in.names()) {
            if (!name.startsWith("activations.")) continue;
            String path = name.substring("activations.".length());
            Pca pca = new Pca(12, 64);
            pca.add(run.download(tensor(in, name)), run);
            all.put(path, pca);
            shares.put(path, pca.shares());
            first.put(path, path);
        }
        SequencedMap<String, Integer> ranks = EvaRanks.of(shares, first, 4 * 6);
        assertThat(ranks).hasSize(4);
        ranks.forEach((path, r) -> {
            assertThat(config).containsEntry(path, r);
            float[] a = run.download(Eva.defaults().components(Objects.requireNonNull(all.get(path)), r, run));
            double[] expected = doubles(out, "base_model.model." + path + ".lora_A.weight");
            Teeth.bite(a, x -> Tolerance.gradient(1).check(path, x, expected));
        });
    }

    @Test
    void ranks_of_layers_that_read_the_same_go_first_to_the_first_of_them() {
        SequencedMap<String, String> first = new LinkedHashMap<>();
        first.put("q", "q");
        first.put("k", "q");
        first.put("o", "o");
        Map<String, double[]> shares = Map.of("q", new double[] {0.5, 0.2, 0.1}, "o", new double[] {0.3, 0.15});
        assertThat(EvaRanks.of(shares, first, 4)).isEqualTo(Map.of("q", 2, "k", 1, "o", 1));
        assertThat(EvaRanks.of(shares, first, 2)).isEqualTo(Map.of("q", 1, "k", 1, "o", 0));
    }

    /// With as many components as values nothing is lost, and `V diag(S²) Vᵀ` is the scatter of all rows.
    @Test
    void components_of_batches_are_those_of_all_rows() {
        int width = 5;
        float[] rows = Cases.plain(3, 40 * width, 1);
        for (int i = 0; i < rows.length; i++) rows[i] += i % width;
        Pca pca = new Pca(width, width);
        for (int from = 0; from < rows.length; from += 10 * width) {
            pca.add(java.util.Arrays.copyOfRange(rows, from, from + 10 * width), run);
        }
        double[] mean = new double[width];
        for (int i = 0; i < rows.length; i++) mean[i % width] += rows[i] / 40.0;
        double[] scatter = new double[width * width];
        double total = 0;
        for (int i = 0; i < width * width; i++) {
            for (int r = 0; r < 40; r++) {
                double left = rows[r * width + i / width] - mean[i / width];
                scatter[i] += left * (rows[r * width + i % width] - mean[i % width]);
            }
            if (i / width == i % width) total += scatter[i];
        }
        float[] made = new float[width * width];
        double explained = 0;
        for (int c = 0; c < width; c++) {
            float[] v = pca.component(c);
            float s = pca.value(c);
            explained += s * s / total;
            for (int i = 0; i < made.length; i++) made[i] += s * s * v[i / width] * v[i % width];
        }
        Tolerance tolerance = Tolerance.sum(40, 100);
        Teeth.bite(made, m -> tolerance.check("scatter", m, scatter));
        assertThat(java.util.Arrays.stream(pca.shares()).sum()).isCloseTo(explained, within());
        assertThat(explained).isCloseTo(1, within());
    }

    private static org.assertj.core.data.Offset<Double> within() {
        return org.assertj.core.data.Offset.offset(1e-5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ipm", "kpm"})
    void corda_takes_the_part_of_the_weight_that_the_reference_takes(String method) {
        Safetensors g = file("corda/expected.safetensors");
        String path = "model.layers.0.self_attn.v_proj";
        Safetensors base = file("base/model.safetensors");
        Tensor a = run.empty(Shape.of(4, 64));
        Tensor b = run.empty(Shape.of(32, 4));
        Corda corda = (Corda) LoraInit.parse("corda:corda_method=" + method);
        Tensor w = tensor(base, path + WEIGHT);
        corda.factors(w, tensor(g, "covariance." + path), 2, a, b, run);
        double[] wantA = doubles(g, method + ".A." + path);
        double largest = 0.2;
        Teeth.bite(
                turned(run.download(a), wantA, 64),
                x -> Tolerance.gradient(largest)
                        .times(10) // PEFT inverts in f32
                        .check("a", x, wantA));
        run.matMul().nn(b, a, -2, true, w);
        double[] residual = doubles(g, method + ".residual." + path);
        Teeth.bite(run.download(w), x -> Tolerance.gradient(largest).check("residual", x, residual));
    }

    @Test
    void lora_ga_begins_along_the_gradient_as_the_reference() {
        Safetensors in = file("lora-ga/expected.safetensors");
        Safetensors out = file("lora-ga/adapter/adapter_model.safetensors");
        Safetensors base = file("base/model.safetensors");
        int count = 0;
        for (String name : in.names()) {
            if (!name.startsWith("gradw.")) continue;
            String path = name.substring("gradw.".length());
            Tensor w = tensor(base, path + WEIGHT);
            int o = w.shape().dim(0);
            Tensor a = run.empty(Shape.of(8, 64));
            Tensor b = run.empty(Shape.of(o, 8));
            int[][] chosen = {{0, 1, 2, 3, 4, 5, 6, 7}, {8, 9, 10, 11, 12, 13, 14, 15}};
            LoraGa.defaults().factors(new LoraGa.Parts(w, tensor(in, name), 2), chosen, a, b, run);
            double[] wantA = doubles(out, "base_model.model." + path + ".lora_A.weight");
            double[] wantB = doubles(out, "base_model.model." + path + ".lora_B.weight");
            float[] gotA = turned(run.download(a), wantA, 64);
            float[] wantBt = transposed(floats(wantB), 8);
            float[] gotB = transposed(turned(transposed(run.download(b), 8), Cases.doubles(wantBt), o), o);
            Tolerance tolerance = Tolerance.gradient(1).times(2); // PEFT decomposes by random directions
            Teeth.bite(gotA, x -> tolerance.check("a", x, wantA));
            run.matMul().nn(run.of(Shape.of(o, 8), gotB), run.of(Shape.of(8, 64), gotA), -2, true, w);
            double[] residual = doubles(in, "residual." + path + WEIGHT);
            Teeth.bite(run.download(w), x -> Tolerance.gradient(1).check("residual", x, residual));
            count++;
        }
        assertThat(count).isEqualTo(4);
    }

    private static float[] floats(double[] x) {
        float[] y = new float[x.length];
        for (int i = 0; i < y.length; i++) y[i] = (float) x[i];
        return y;
    }

    /// Σ b a over the chosen pairs has the lengths that the scale says.
    @ParameterizedTest
    @CsvSource({"ArBr,unit", "A2rBr,gd_scale", "random,weight_svd"})
    void directions_and_scales_are_those_of_the_formula(String direction, String scale) {
        LoraGa ga = (LoraGa) LoraInit.parse("lora_ga:direction=%s,scale=%s".formatted(direction, scale));
        float[] w = {3, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
        float[] g = {8, 0, 0, 0, 0, 4, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1};
        Tensor a = run.empty(Shape.of(2, 4));
        Tensor b = run.empty(Shape.of(4, 2));
        LoraGa.Parts parts = new LoraGa.Parts(run.of(Shape.of(4, 4), w), run.of(Shape.of(4, 4), g), 2);
        int[][] chosen = ga.direction().chosen(2, new SplittableRandom(1));
        ga.factors(parts, chosen, a, b, run);
        double[] s = {8, 4, 2, 1};
        double c = switch (ga.scale()) {
            case UNIT -> 1;
            case GD_SCALE -> 0.5;
            default -> 3 / s[chosen[1][0]];
        };
        for (int i = 0; i < 2; i++) {
            double longA = ga.scale() == LoraGa.Length.GD_SCALE ? c : 1;
            assertThat((double) run.download(a)[4 * i + chosen[0][i]]).isCloseTo(longA, within());
            assertThat((double) run.download(b)[2 * chosen[1][i] + i]).isCloseTo(c * s[chosen[1][i]], within());
        }
        switch (ga.direction()) {
            case AR_BR -> assertThat(chosen).isDeepEqualTo(new int[][] {{1, 3}, {0, 2}});
            case A2R_BR -> assertThat(chosen).isDeepEqualTo(new int[][] {{2, 3}, {0, 1}});
            default -> assertThat(chosen[0]).isEqualTo(chosen[1]).doesNotHaveDuplicates();
        }
    }
}
