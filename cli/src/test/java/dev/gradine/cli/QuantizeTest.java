package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Checkpoint;
import dev.gradine.io.Json;
import dev.gradine.io.ModelFolder;
import dev.gradine.io.Safetensors;
import dev.gradine.io.TensorSource;
import dev.gradine.tensor.CodeTable;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.Quantise;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A base whose linear weights become weights of four bits as it is opened: what PEFT and bitsandbytes compute with it,
/// and the same on every device.
class QuantizeTest {

    private static final String AFTER = "after3.";
    private static final String MODULES = "--quantize-modules";
    private static final String LAYERS = "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj";

    private final Arena arena = Arena.ofShared();

    @TempDir
    private Path temp = Path.of("");

    @AfterEach
    void free() {
        arena.close();
    }

    private static Cli run(List<Object> args, Object... more) {
        List<Object> all = new ArrayList<>(args);
        all.addAll(Arrays.asList(more));
        return Cli.run(all.toArray());
    }

    private float[] logits(Path ids, Object... model) {
        Path out = temp.resolve("scored.safetensors");
        run(List.of("score", "--ids", ids, "--out", out), model).ok();
        return Values.floats(out, "logits");
    }

    /// PEFT's values hold for this base. Its down_proj has rows of 176 weights, which end within a block of 64, and
    /// there bitsandbytes' kernel for AVX-512 multiplies by magnitudes of other blocks: row r, column k by that of
    /// block `2 r + k / 64`. So the base has those weights from the start; the other layers are quantised here.
    private Path base() {
        Map<String, Tensor> weights = new LinkedHashMap<>();
        Checkpoint golden = Checkpoint.open(Golden.golden("peft/base"), List.of(), arena);
        for (String name : golden.names()) {
            Tensor w = golden.tensor(name);
            weights.put(name, name.endsWith("down_proj.weight") ? misread(w) : w);
        }
        Path folder = temp.resolve("base");
        ModelFolder.write(folder, golden.config(), sources(weights), List.of());
        return folder;
    }

    private static List<TensorSource> sources(Map<String, Tensor> weights) {
        List<TensorSource> sources = new ArrayList<>();
        weights.forEach((name, w) -> sources.add(TensorSource.of(name, w)));
        return sources;
    }

    private Tensor misread(Tensor w) {
        Tensor q = Quantise.quantise(w, DType.NF4, 64, false, arena);
        float[] magnitudes = q.scales().magnitudes().data().toArray(ValueLayout.JAVA_FLOAT);
        float[] table = CodeTable.of(DType.NF4);
        int columns = w.shape().last();
        float[] values = new float[w.size()];
        for (int i = 0; i < values.length; i++) {
            int code = q.data().get(ValueLayout.JAVA_BYTE, i / 2) >> (i % 2 == 0 ? 4 : 0) & 15;
            values[i] = table[code] * magnitudes[i / columns * (columns / 64) + i % columns / 64];
        }
        return Tensor.of(arena, w.shape(), values);
    }

    @Test
    void an_adapter_over_nf4_scores_and_merges_as_pefts_does() {
        Path base = base();
        Path adapter = Golden.golden("peft/qlora-nf4/adapter");
        Path expected = adapter.resolveSibling("expected.safetensors");
        double[] want = Values.doubles(Values.floats(expected, "logits"));
        float[] got = logits(expected, "--model", base, "--adapter", adapter, "--quantize", "nf4", MODULES, LAYERS);
        Teeth.bite(got, x -> Tolerance.logits().check("logits", x, want));
        Path merged = temp.resolve("merged");
        List<Object> merge = List.of("merge", "--model", base, "--adapter", adapter, "--out", merged);
        run(merge, "--quantize", "nf4", MODULES, LAYERS).ok();
        Tolerance.logits().times(2).check("merged", logits(expected, "--model", merged), want);
    }

    @Test
    void three_steps_over_nf4_are_pefts() {
        Path folder = Golden.golden("peft/qlora-nf4");
        Path expected = folder.resolve("expected.safetensors");
        Path out = temp.resolve("run");
        List<Object> args = new ArrayList<>(List.of("sft", "--model", base(), "--out", out));
        args.addAll(List.of("--data", rows(expected), "--init-adapter", folder.resolve("adapter"), "--no-shuffle"));
        args.addAll(List.of("--steps", 3, "--batch", 2, "--lr", 0.01, "--weight-decay", 0.01));
        run(args, "--schedule", "constant", "--clip", 0, "--quantize", "nf4", MODULES, LAYERS)
                .ok();
        Map<String, float[]> got = Values.floats(out.resolve("adapter_model.safetensors"));
        assertThat(got).isNotEmpty();
        got.forEach((name, values) -> {
            double[] want = Values.doubles(Values.floats(expected, AFTER + name));
            Teeth.bite(values, x -> Tolerance.trained().check(name, x, want));
        });
    }

    private Path rows(Path expected) {
        int[] ids = Values.ints(expected, "input_ids");
        int[] labels = Values.ints(expected, "labels");
        int length = ids.length / 2;
        StringBuilder text = new StringBuilder();
        for (int at = 0; at < ids.length; at += length) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("input_ids", Arrays.copyOfRange(ids, at, at + length));
            row.put("labels", Arrays.copyOfRange(labels, at, at + length));
            text.append(Json.line(row)).append('\n');
        }
        return TinyModel.text(temp.resolve("rows.jsonl"), text.toString());
    }

    /// The gradient's norm and the adapter after the step, over a base that is read in four bits.
    @ParameterizedTest
    @CsvSource({"nf4, --double-quant", "fp4, --gradient-checkpointing", "int8, --gradient-checkpointing"})
    void a_step_on_the_simulator_is_that_of_the_cpu(String type, String option) {
        Path cpu = step("cpu", "--quantize", type, option);
        Path sim = step("sim", "--quantize", type, option);
        Path plain = step("cpu");
        for (String metric : List.of("loss", "grad_norm")) {
            double want = Values.number(Values.metrics(cpu).getFirst(), metric);
            float[] got = {(float) Values.number(Values.metrics(sim).getFirst(), metric)};
            Tolerance correct = new Tolerance(1e-5, 1e-4, "two correct fp32 gradients");
            Teeth.bite(got, x -> correct.check(metric, x, new double[] {want}));
            assertThat(Values.number(Values.metrics(plain).getFirst(), metric)).isNotEqualTo(want);
        }
        Map<String, float[]> learnt = Values.floats(sim.resolve("adapter_model.safetensors"));
        Values.floats(cpu.resolve("adapter_model.safetensors"))
                .forEach((name, values) -> Tolerance.trained()
                        .check(name, learnt.getOrDefault(name, new float[0]), Values.doubles(values)));
    }

    private Path step(String device, Object... more) {
        Path folder = Golden.golden("trl/sft-completion-only");
        Path out = temp.resolve(device + more.length);
        List<Object> args = new ArrayList<>(List.of("sft", "--model", Golden.golden("trl/base"), "--out", out));
        args.addAll(List.of("--data", folder.resolve("data.jsonl"), "--init-adapter", folder.resolve("start")));
        args.addAll(List.of("--steps", 1, "--batch", 1, "--lr", 0.005, "--schedule", "constant", "--no-shuffle"));
        args.addAll(List.of("--samples", 0, "--device", device));
        run(args, more).ok();
        return out;
    }

    /// Fresh factors are taken from the weights of the file, wherever they are trained.
    @ParameterizedTest
    @CsvSource({"cpu, nf4", "sim, ''"})
    void pissa_says_when_what_it_leaves_is_rounded(String device, String type) {
        Path folder = Golden.golden("trl/sft-completion-only");
        List<Object> args = new ArrayList<>(List.of("sft", "--model", Golden.golden("trl/base"), "--steps", 1));
        args.addAll(List.of("--data", folder.resolve("data.jsonl"), "--samples", 0, "--batch", 1));
        args.addAll(List.of("--rank", 2, "--init-lora-weights", "pissa", "--targets", "q_proj"));
        args.addAll(List.of("--device", device, "--out", temp.resolve("run")));
        if (!type.isEmpty()) args.addAll(List.of("--quantize", type));
        assertThat(Cli.run(args.toArray()).ok().err().lines())
                .filteredOn(l -> l.startsWith("gradine: adapter lora"))
                .isEqualTo(
                        type.isEmpty()
                                ? List.of()
                                : List.of("gradine: adapter lora: trains over what it leaves of the base, rounded to"
                                        + " NF4; the file is a LoRA over the base as it is, which computes the same up"
                                        + " to that rounding"));
    }

    /// The weights of linear layers as bitsandbytes names their parts, with the key of its configuration.
    private Path saved(Path model) {
        Checkpoint c = Checkpoint.open(model, List.of(), arena);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (String name : c.names()) {
            Tensor w = c.tensor(name);
            if (!name.endsWith("_proj.weight")) {
                tensors.put(name, w);
                continue;
            }
            Tensor q = Quantise.quantise(w, DType.NF4, 64, true, arena);
            Tensor m = q.scales().magnitudes();
            String state = ("{\"quant_type\":\"nf4\",\"blocksize\":64,\"dtype\":\"float32\",\"shape\":%s,"
                            + "\"nested_blocksize\":256,\"nested_dtype\":\"float32\",\"nested_offset\":%s}")
                    .formatted(w.shape(), m.scales().offset());
            byte[] json = state.getBytes(StandardCharsets.UTF_8);
            Tensor text = Tensor.zeros(arena, DType.U8, Shape.of(json.length));
            text.data().copyFrom(MemorySegment.ofArray(json));
            tensors.put(name, q.codes().reshape(Shape.of((int) q.bytes(), 1)));
            tensors.put(name + ".absmax", m.codes());
            tensors.put(name + ".quant_map", Tensor.of(arena, Shape.of(16), CodeTable.of(DType.NF4)));
            tensors.put(name + ".nested_absmax", m.scales().magnitudes());
            tensors.put(name + ".nested_quant_map", Tensor.of(arena, Shape.of(256), CodeTable.of(DType.DYNAMIC8)));
            tensors.put(name + ".quant_state.bitsandbytes__nf4", text);
        }
        Map<String, Object> config = new LinkedHashMap<>(c.config());
        config.put("quantization_config", Map.of("quant_method", "bitsandbytes", "load_in_4bit", true));
        Path folder = temp.resolve("saved");
        ModelFolder.write(folder, config, sources(tensors), List.of());
        return folder;
    }

    @Test
    void a_checkpoint_of_bitsandbytes_computes_what_quantising_on_loading_does() {
        Path base = Golden.golden("peft/base");
        Path ids = Golden.golden("peft/lora/expected.safetensors");
        float[] want = logits(ids, "--model", base, "--quantize", "nf4", "--double-quant");
        Path saved = saved(base);
        assertThat(logits(ids, "--model", saved)).isEqualTo(want);
        Path merged = temp.resolve("merged");
        Path adapter = Golden.golden("peft/lora/adapter");
        Cli.run("merge", "--model", saved, "--adapter", adapter, "--out", merged)
                .ok();
        double[] adapted = Values.doubles(logits(ids, "--model", saved, "--adapter", adapter));
        Teeth.bite(
                logits(ids, "--model", merged), x -> Tolerance.logits().times(2).check("merged", x, adapted));
        assertThat(Json.readObject(merged.resolve("config.json"))).doesNotContainKey("quantization_config");
    }

    @Test
    void options_that_do_not_fit_are_refused() {
        Path model = TinyModel.write(temp.resolve("model"));
        List<Object> score = List.of("score", "--model", model, "--text", "x");
        run(score, "--quantize", "int4").refuses("--quantize: int4, expected nf4, fp4, int8 or none");
        run(score, "--double-quant").refuses("--double-quant needs --quantize nf4 or fp4");
        run(score, "--quantize", "none", "--quantize-block", 64)
                .refuses("--quantize-block needs --quantize nf4 or fp4");
        run(score, "--quantize-modules", "q_proj").refuses("--quantize-modules needs --quantize nf4, fp4 or int8");
        run(score, "--quantize", "int8", "--double-quant")
                .refuses("--double-quant needs --quantize nf4 or fp4 (int8 has one scale a row)");
        run(score, "--quantize", "int8", "--quantize-block", 128)
                .refuses("--quantize-block needs --quantize nf4 or fp4 (int8 has one scale a row)");
        run(score, "--quantize", "nf4", "--quantize-block", 100)
                .refuses("quantize: block is 100, expected a power of two from 32 to 4096");
        run(score, "--quantize", "nf4", "--quantize-modules", "qproj")
                .refuses(model + ": quantize: module is qproj, expected the end of the path of a linear layer with a"
                        + " weight of its own, such as q_proj");
    }

    /// Written once, the model computes what it does when it is quantised on loading, bit for bit.
    @Test
    void a_model_written_in_four_bits_is_the_one_quantised_on_loading() {
        Path base = TinyModel.write(temp.resolve("tiny"));
        Path out = temp.resolve("four-bits");
        Cli done = Cli.run("quantize", "--model", base, "--quantize", "nf4", "--double-quant", "--out", out)
                .ok();
        assertThat(done.out()).startsWith("14 layers in nf4, blocks of 64, double-quantised: ");
        Path ids = temp.resolve("ids.safetensors");
        Safetensors.write(ids, Map.of("input_ids", Tensor.of(arena, Shape.of(1, 4), 3, 1, 4, 1)));
        float[] loaded = logits(ids, "--model", base, "--quantize", "nf4", "--double-quant");
        assertThat(logits(ids, "--model", out)).isEqualTo(loaded).isNotEqualTo(logits(ids, "--model", base));
        Map<String, Object> config = Json.readObject(out.resolve("config.json"));
        assertThat(config.get("quantization_config"))
                .asInstanceOf(InstanceOfAssertFactories.MAP)
                .containsEntry("quant_method", "bitsandbytes")
                .containsEntry("bnb_4bit_quant_type", "nf4")
                .containsEntry("bnb_4bit_use_double_quant", true)
                .containsEntry("llm_int8_skip_modules", null);
    }

    /// An adapter over it scores and merges, and `none` is the model as it is.
    @Test
    void a_model_written_in_eight_bits_is_the_one_quantised_on_loading() {
        Path base = Golden.golden("peft/base");
        Path ids = Golden.golden("peft/lora/expected.safetensors");
        Path adapter = Golden.golden("peft/lora/adapter");
        Path out = temp.resolve("eight-bits");
        Cli done = Cli.run("quantize", "--model", base, "--quantize", "int8", "--out", out)
                .ok();
        assertThat(done.out())
                .matches("(?s)\\d+ layers in int8, a scale a row: .* error 0\\.\\d % of the weights' norm.*");
        float[] adapted = logits(ids, "--model", out, "--adapter", adapter);
        assertThat(adapted).isEqualTo(logits(ids, "--model", base, "--quantize", "int8", "--adapter", adapter));
        float[] plain = logits(ids, "--model", base);
        assertThat(logits(ids, "--model", base, "--quantize", "none")).isEqualTo(plain);
        assertThat(logits(ids, "--model", out)).isNotEqualTo(plain);
        Path merged = temp.resolve("merged");
        Cli said = Cli.run("merge", "--model", out, "--adapter", adapter, "--out", merged)
                .ok();
        assertThat(said.err())
                .contains(
                        "gradine: weights of eight bits are multiplied by f32 activations; transformers rounds these to"
                                + " eight bits, too, and keeps outliers apart\n");
        Teeth.bite(
                logits(ids, "--model", merged),
                x -> Tolerance.logits().times(2).check("merged", x, Values.doubles(adapted)));
        assertThat(Json.readObject(out.resolve("config.json")).get("quantization_config"))
                .asInstanceOf(InstanceOfAssertFactories.MAP)
                .containsEntry("quant_method", "bitsandbytes")
                .containsEntry("load_in_8bit", true)
                .containsEntry("load_in_4bit", false);
    }

    @Test
    void layers_that_stay_are_named_in_the_configuration() {
        Path base = TinyModel.write(temp.resolve("tiny"));
        Path out = temp.resolve("four-bits");
        Cli.run("quantize", "--model", base, "--quantize", "fp4", MODULES, "q_proj", "--out", out)
                .ok();
        Map<String, Object> config = Json.readObject(out.resolve("config.json"));
        assertThat(config.get("quantization_config"))
                .asInstanceOf(InstanceOfAssertFactories.MAP)
                .extractingByKey("llm_int8_skip_modules", InstanceOfAssertFactories.LIST)
                .contains("model.layers.0.self_attn.k_proj", "model.layers.1.mlp.down_proj")
                .doesNotContain("model.layers.0.self_attn.q_proj");
    }

    @Test
    void quantize_needs_a_type_and_a_model_of_more_bits() {
        Path base = TinyModel.write(temp.resolve("tiny"));
        Path out = temp.resolve("four-bits");
        Cli.run("quantize", "--model", base, "--out", out).refuses("--quantize: missing, expected nf4, fp4 or int8");
        Cli.run("quantize", "--model", base, "--quantize", "nf4", "--out", out).ok();
        Cli.run("quantize", "--model", out, "--quantize", "nf4", "--out", temp.resolve("again"))
                .refuses("%s: quantize: model.layers.0.self_attn.q_proj.weight is NF4 already, expected a checkpoint of"
                                .formatted(out)
                        + " more bits");
    }
}
