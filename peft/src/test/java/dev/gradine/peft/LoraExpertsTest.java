package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.nn.Adapters;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Adapters of experts beside what the golden adapter shows.
class LoraExpertsTest {

    private static final String DOWN = "mlp.experts.down_proj";
    private static final String GATE_UP = "mlp.experts.gate_up_proj";

    @TempDir
    Path folder;

    private final GoldenAdapter golden = new GoldenAdapter("moe-experts");

    @AfterEach
    void close() {
        golden.close();
    }

    private static Lora lora(String... parameters) {
        var named = new TargetParameters(List.of(parameters), false);
        var details = new Lora.Details(false, LoraInit.Plain.TRUE, named, LayerReplication.NONE);
        return new Lora(3, 6, 0, false, Lora.Patterns.none(), details);
    }

    private AdapterSet fresh(Lora lora) {
        return AdapterSet.fresh(
                golden.plain, lora, Selection.of(new Targets.OfFamily()), golden.run, new SplittableRandom(1));
    }

    @Test
    void fresh_ones_change_nothing() {
        AdapterSet set = fresh(lora(DOWN, GATE_UP));
        assertThat(golden.logits(set)).isEqualTo(golden.logits(Adapters.NONE));
        assertThat(set.trainedValues()).isEqualTo(2 * 4 * 3 * ((32 + 48) + (24 + 32)));
        assertThat(TrainedCount.of(golden.plain, set.method(), set.selection()).total())
                .isEqualTo(set.trainedValues());
    }

    @ParameterizedTest
    @ValueSource(strings = {DOWN, GATE_UP})
    void one_parameter_alone_is_stored_under_its_module(String parameter) {
        assertThat(fresh(lora(parameter)).trained().keySet())
                .contains("base_model.model.model.layers.0.mlp.experts.lora_A.weight")
                .hasSize(4);
    }

    @Test
    void factors_as_peft_stored_them_before_0_19_are_read_by_their_shapes() {
        AdapterSet now = golden.load();
        Map<String, Object> config = older("0.18.1");
        AdapterSet then = AdapterFolder.load(folder, golden.plain, golden.run);
        assertThat(golden.logits(then)).isEqualTo(golden.logits(now));
        assertThat(config).containsEntry("peft_version", "0.18.1");
    }

    /// The golden adapter in the older form: the factors of experts change places, each turned.
    private Map<String, Object> older(String version) {
        Map<String, Object> config = new LinkedHashMap<>(Json.readObject(golden.folder.resolve(AdapterFolder.CONFIG)));
        config.put("peft_version", version);
        Json.write(folder.resolve(AdapterFolder.CONFIG), config);
        try (Arena arena = Arena.ofConfined()) {
            Safetensors file = Safetensors.open(golden.folder.resolve(AdapterFolder.WEIGHTS), arena);
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (String name : file.names()) {
                boolean isA = name.endsWith("lora_A.weight");
                String twin = name.replace(isA ? "lora_A" : "lora_B", isA ? "lora_B" : "lora_A");
                Tensor t = file.tensor(name);
                if (!name.contains("experts")) tensors.put(name, t);
                else tensors.put(twin, isA ? asColumns(t, arena) : asRows(t, arena));
            }
            Safetensors.write(folder.resolve(AdapterFolder.WEIGHTS), tensors);
        }
        return config;
    }

    /// `[4·3, X]` rows of four experts as columns `[X, 3·4]`, the expert the fastest.
    private static Tensor asColumns(Tensor rows, Arena arena) {
        int x = rows.shape().dim(1);
        float[] from = rows.toFloats();
        float[] to = new float[from.length];
        for (int e = 0; e < 4; e++) {
            for (int r = 0; r < 3; r++) {
                for (int i = 0; i < x; i++) to[i * 12 + r * 4 + e] = from[(e * 3 + r) * x + i];
            }
        }
        return Tensor.of(arena, Shape.of(x, 12), to);
    }

    private static Tensor asRows(Tensor columns, Arena arena) {
        int x = columns.shape().dim(0);
        float[] from = columns.toFloats();
        float[] to = new float[from.length];
        for (int e = 0; e < 4; e++) {
            for (int r = 0; r < 3; r++) {
                for (int i = 0; i < x; i++) to[(e * 3 + r) * x + i] = from[i * 12 + r * 4 + e];
            }
        }
        return Tensor.of(arena, Shape.of(12, x), to);
    }

    @Test
    void what_peft_has_not_for_experts_is_refused() {
        assertThatThrownBy(() -> fresh(lora(DOWN).dropping(0.1f)))
                .isInstanceOf(AdapterException.class)
                .hasMessage("lora: dropout is 0.1, expected 0 at model.layers.0.mlp.experts.down_proj,"
                        + " which is of experts");
        assertThatThrownBy(() -> fresh(lora(DOWN, "mlp.experts.gate_proj")))
                .isInstanceOf(AdapterException.class)
                .hasMessage("target-parameters: mlp.experts.gate_proj is no parameter of experts of the model, which"
                        + " has [model.layers.0.mlp.experts.gate_up_proj, model.layers.0.mlp.experts.down_proj,"
                        + " model.layers.1.mlp.experts.gate_up_proj, model.layers.1.mlp.experts.down_proj]");
    }
}
