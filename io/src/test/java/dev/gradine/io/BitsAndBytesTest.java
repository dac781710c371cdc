package dev.gradine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.CodeTable;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.cpu.Quantise;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class BitsAndBytesTest {

    private static final String W = "model.q_proj.weight";
    private static final String STATE = W + ".quant_state.bitsandbytes__nf4";

    private final Arena arena = Arena.ofShared();
    private final Kernels k = CpuKernels.open();

    @TempDir
    Path folder;

    @AfterEach
    void free() {
        k.close();
        arena.close();
    }

    static Stream<String> golden() {
        return Stream.of("normal", "outliers", "ragged", "zeros")
                .flatMap(t -> Stream.of("nf4", "fp4").map(type -> t + "." + type))
                .flatMap(t ->
                        Stream.of("plain.64", "plain.128", "dq.64", "dq.128").map(s -> t + "." + s));
    }

    /// Codes, magnitudes, their codes and offset: every bit is bitsandbytes'. So are decoded values, but for the sign
    /// of FP4's two zeros, which bitsandbytes decodes in two ways.
    @ParameterizedTest
    @MethodSource("golden")
    void quantised_weights_are_bitsandbytes_to_the_last_bit(String key) {
        Safetensors f = Safetensors.open(Golden.golden("quant/expected.safetensors"), arena);
        String[] part = key.split("\\.", -1);
        DType type = DType.valueOf(part[1].toUpperCase(Locale.ROOT));
        boolean isDouble = part[2].equals("dq");
        Tensor q = Quantise.quantise(f.tensor(part[0] + ".weight"), type, Integer.parseInt(part[3]), isDouble, arena);
        assertThat(bytes(q)).isEqualTo(bytes(f.tensor(key + ".packed")));
        Tensor magnitudes = q.scales().magnitudes();
        assertThat(bytes(magnitudes)).isEqualTo(bytes(f.tensor(key + ".absmax")));
        if (isDouble) {
            assertThat(bytes(magnitudes.scales().magnitudes())).isEqualTo(bytes(f.tensor(key + ".nested_absmax")));
            assertThat(magnitudes.scales().offset()).isEqualTo(k.download(f.tensor(key + ".offset"))[0]);
        }
        double[] expected = Cases.doubles(k.download(f.tensor(key + ".dequantised")));
        Tolerance.exact().check("values", k.download(q), expected);
    }

    private static byte[] bytes(Tensor t) {
        return t.data().toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void a_layer_that_bitsandbytes_saved_computes_what_it_computed() {
        Safetensors f = Safetensors.open(Golden.golden("quant/expected.safetensors"), arena);
        BitsAndBytes file = BitsAndBytes.of(f);
        Tensor w = file.tensor("linear4bit.state.weight");
        assertThat(w).hasToString("NF4[96, 128]");
        Map<String, StoredName> names = StoredName.same(f);
        file.rename(names);
        assertThat(names.keySet().stream().filter(n -> n.startsWith("linear4bit.")))
                .containsExactlyInAnyOrder(
                        "linear4bit.state.weight", "linear4bit.state.bias", "linear4bit.x", "linear4bit.y");
        Tensor y = k.empty(Shape.of(3, 96));
        k.matMul().nt(f.tensor("linear4bit.x"), w, 1, false, y);
        k.elementwise().addBias(y, f.tensor("linear4bit.state.bias"), y);
        double[] expected = Cases.doubles(k.download(f.tensor("linear4bit.y")));
        Teeth.bite(k.download(y), got -> Tolerance.dot(128, 4, 1).check("y", got, expected));
    }

    @ParameterizedTest
    @CsvSource({"false,64", "true,128"})
    void a_weight_is_read_from_its_parts(boolean isDouble, int block) {
        Tensor w = Tensor.of(arena, Shape.of(37, 50), Cases.plain(1, 1850, 1));
        Tensor q = Quantise.quantise(w, DType.NF4, block, isDouble, arena);
        Checkpoint c = write(parts(q));
        assertThat(c.names()).containsExactly(W);
        assertThat(c.parameters()).isEqualTo(1850);
        Tensor read = c.tensor(W);
        assertThat(read).hasToString("NF4[37, 50]");
        assertThat(k.download(read)).isEqualTo(k.download(q));
        assertThat(NonFinite.first(read)).isEqualTo(-1);
    }

    @Test
    void a_magnitude_that_is_not_finite_is_found() {
        Tensor w = Tensor.of(arena, Shape.of(4, 64), Cases.plain(1, 256, 1));
        Tensor q = Quantise.quantise(w, DType.NF4, 64, false, arena);
        q.scales().magnitudes().data().setAtIndex(ValueLayout.JAVA_FLOAT, 2, Float.NaN);
        assertThat(NonFinite.first(q)).isEqualTo(128);
    }

    /// The parts of a weight as bitsandbytes names them.
    private Map<String, Tensor> parts(Tensor q) {
        Map<String, Tensor> parts = new LinkedHashMap<>();
        Tensor magnitudes = q.scales().magnitudes();
        boolean isDouble = magnitudes.dtype() == DType.DYNAMIC8;
        parts.put(W, q.codes().reshape(Shape.of((int) q.bytes(), 1)));
        parts.put(W + ".absmax", isDouble ? magnitudes.codes() : magnitudes);
        parts.put(W + ".quant_map", map(DType.NF4));
        String json = "{\"quant_type\": \"nf4\", \"blocksize\": %d, \"dtype\": \"bfloat16\", \"shape\": [%d, %d]"
                .formatted(q.scales().block(), q.shape().dim(0), q.shape().dim(1));
        if (isDouble) {
            parts.put(W + ".nested_absmax", magnitudes.scales().magnitudes());
            parts.put(W + ".nested_quant_map", map(DType.DYNAMIC8));
            json += ", \"nested_blocksize\": 256, \"nested_dtype\": \"float32\", \"nested_offset\": "
                    + magnitudes.scales().offset();
        }
        parts.put(STATE, text(json + "}"));
        return parts;
    }

    private Tensor map(DType type) {
        float[] map = CodeTable.of(type);
        return Tensor.of(arena, Shape.of(map.length), map);
    }

    private Tensor text(String json) {
        byte[] utf8 = json.getBytes(StandardCharsets.UTF_8);
        Tensor t = Tensor.zeros(arena, DType.U8, Shape.of(utf8.length));
        t.data().copyFrom(MemorySegment.ofArray(utf8));
        return t;
    }

    private Checkpoint write(Map<String, Tensor> tensors) {
        Safetensors.write(folder.resolve("model.safetensors"), tensors);
        Json.write(folder.resolve("config.json"), Map.of());
        return Checkpoint.open(folder, GgufBytes.LLAMA, arena);
    }

    @Test
    void parts_that_do_not_belong_together_are_named() {
        Tensor w = Tensor.of(arena, Shape.of(4, 64), Cases.plain(1, 256, 1));
        Tensor q = Quantise.quantise(w, DType.NF4, 64, true, arena);
        String ok = new String(
                Objects.requireNonNull(parts(q).get(STATE)).data().toArray(ValueLayout.JAVA_BYTE),
                StandardCharsets.UTF_8);
        wrong(q, STATE, text(ok.replace("nf4", "int8")), STATE + ": quant_type is int8, expected nf4");
        wrong(
                q,
                STATE,
                text(ok.replace("64,", "60,")),
                W + ": scales: block is 60, expected a power of two from 32" + " to 4096");
        wrong(q, STATE, text(ok.replace("[4, 64]", "[4, 65]")), W + ": tensor: 128 bytes, expected 130 for NF4[4, 65]");
        wrong(
                q,
                STATE,
                text(ok.replace("[4, 64]", "[-4, 64]")),
                W + ": shape is [-4, 64], expected no negative extent");
        wrong(q, STATE, text(ok.replace("[4, 64]", "4")), STATE + ": shape is 4, expected a list of whole numbers");
        wrong(
                q,
                STATE,
                text(ok.replaceAll("\"nested_offset\": [^}]*", "\"nested_offset\": null")),
                STATE + ": nested_offset is null, expected a finite number");
        wrong(
                q,
                W + ".absmax",
                Tensor.zeros(arena, DType.U8, Shape.of(3)),
                W + ": tensor: 3 magnitudes for NF4[4, 64], expected 4 (blocks of 64)");
        wrong(
                q,
                W + ".absmax",
                Tensor.zeros(arena, DType.F16, Shape.of(4)),
                W + ": scales: magnitudes are F16, expected F32 or DYNAMIC8");
        wrong(
                q,
                W + ".quant_map",
                map(DType.FP4),
                W + ".quant_map: value 0 is 0.0, expected -1.0, as codes of NF4 stand for");
        wrong(q, W + ".quant_map", map(DType.DYNAMIC8), W + ".quant_map: is F32[256], expected F32[16]");
        wrong(q, W + ".nested_absmax", null, W + ": there is no " + W + ".nested_absmax");
        Map<String, Tensor> parts = parts(q);
        parts.remove(W);
        assertThatThrownBy(() -> write(parts))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(folder.resolve("model.safetensors") + ": tensor " + STATE + ": there is no " + W);
    }

    private void wrong(Tensor q, String name, @Nullable Tensor part, String message) {
        Map<String, Tensor> parts = parts(q);
        if (part == null) parts.remove(name);
        else parts.put(name, part);
        Checkpoint c = write(parts);
        assertThatThrownBy(() -> c.tensor(W))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(c.path() + ": tensor " + message);
    }
}
