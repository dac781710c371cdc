package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A broken model or adapter is one line that names the file, the place and the cause; nothing is written.
class ModelErrorsTest {

    @TempDir
    private Path temp = Path.of("");

    private Path model = Path.of("");
    private Path weights = Path.of("");

    @BeforeEach
    void prepare() {
        model = TinyModel.write(temp.resolve("model"));
        weights = model.resolve("model.safetensors");
        TinyModel.tokenRows(temp.resolve("data.jsonl"), 4, 6, 1);
    }

    private void refuses(String message) {
        Path out = temp.resolve("out");
        Cli.run("sft", "--model", model, "--data", temp.resolve("data.jsonl"), "--out", out)
                .refuses(message);
        assertThat(Values.content(out)).isEmpty();
        Cli.run("generate", "--model", model, "--prompt", "x").refuses(message);
    }

    @Test
    void a_truncated_file_is_refused() {
        byte[] all = Values.bytes(weights);
        write(Arrays.copyOf(all, all.length - 1000));
        refuses(weights
                + ": tensor model.layers.1.self_attn.q_proj.weight: data_offsets are [50432, 51456], expected a range"
                + " within 51032 bytes");
    }

    @Test
    void a_header_longer_than_the_file_is_refused() {
        byte[] all = Values.bytes(weights);
        ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).putLong(0, 1L << 40);
        write(all);
        refuses(weights + ": header length is 1099511627776, expected at most 100000000");
    }

    @Test
    void overlapping_tensors_are_refused() {
        header(h -> h.replaceFirst("\"data_offsets\":\\[33280,33344]", "\"data_offsets\":[33276,33340]"));
        refuses(weights
                + ": tensor model.layers.0.input_layernorm.weight: overlaps: starts at 33276, "
                + "expected 33280, the end of"
                + " model.embed_tokens.weight");
    }

    @Test
    void a_type_that_is_no_float_is_refused() {
        header(h -> h.replaceFirst("(norm.weight\":\\{\"dtype\":\")F32", "$1I32"));
        refuses(model + ": weights: model.layers.0.input_layernorm.weight is I32, expected a real type");
    }

    @Test
    void an_unknown_type_is_refused() {
        header(h -> h.replaceFirst("(norm.weight\":\\{\"dtype\":\")F32", "$1X99"));
        refuses(weights + ": tensor model.layers.0.input_layernorm.weight: dtype is X99, expected one of the format's");
    }

    @Test
    void a_quintillion_elements_are_refused() {
        header(h -> h.replaceFirst("\"shape\":\\[16]", "\"shape\":[1073741824,1073741824]"));
        refuses(weights
                + ": tensor model.layers.0.input_layernorm.weight: shape is [1073741824, 1073741824], expected at most"
                + " 2^56 values");
    }

    @Test
    void weights_that_are_not_finite_are_refused() {
        byte[] all = Values.bytes(weights);
        ByteBuffer b = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
        b.putFloat(8 + (int) b.getLong(0) + 4 * 100, Float.NaN);
        write(all);
        refuses(weights
                + ": tensor lm_head.weight: value 100 of F32[260, 16] is NaN or infinite, expected finite weights");
    }

    @Test
    void weights_of_another_shape_than_the_configuration_says_are_refused() {
        Map<String, Object> config = new LinkedHashMap<>(Json.readObject(model.resolve("config.json")));
        config.put("intermediate_size", 48);
        Json.write(model.resolve("config.json"), config);
        refuses(model + ": weights: model.layers.0.mlp.gate_proj.weight is [32, 16], expected [48, 16] (from config)");
    }

    @Test
    void a_missing_model_or_configuration_is_refused() throws IOException {
        Files.delete(model.resolve("config.json"));
        refuses(model.resolve("config.json") + ": cannot be read: no such file or folder");
        Files.delete(weights);
        refuses(model
                + ": no weights, expected model.safetensors, model.safetensors.index.json, one .gguf or one .bin");
        model = temp.resolve("nowhere");
        refuses(model + ": cannot be read: no such file or folder");
    }

    @Test
    void an_adapter_that_does_not_fit_is_refused() {
        Path adapter = temp.resolve("adapter");
        Cli.run(
                        "sft",
                        "--model",
                        model,
                        "--data",
                        temp.resolve("data.jsonl"),
                        "--out",
                        adapter,
                        "--steps",
                        1,
                        "--targets",
                        "q_proj",
                        "--rank",
                        2,
                        "--samples",
                        0)
                .ok();
        Path out = temp.resolve("merged");
        try (Arena arena = Arena.ofConfined()) {
            Tensor wide = Tensor.zeros(arena, DType.F32, Shape.of(2, 24));
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            Path file = adapter.resolve("adapter_model.safetensors");
            Safetensors was = Safetensors.open(file, arena);
            for (String name : was.names()) tensors.put(name, name.contains("lora_A") ? wide : was.tensor(name));
            Safetensors.write(file, tensors);
        }
        Cli.run("merge", "--model", model, "--adapter", adapter, "--out", out)
                .refuses(adapter.resolve("adapter_model.safetensors")
                        + ": base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight is [2, 24], expected"
                        + " [2, 16] (adapter_config.json and the model)");
        assertThat(out).doesNotExist();
    }

    @Test
    void a_folder_that_is_no_adapter_is_refused() {
        Path out = temp.resolve("merged");
        Cli.run("merge", "--model", model, "--adapter", temp.resolve("none"), "--out", out)
                .refuses(temp.resolve("none") + ": no such folder, expected an adapter");
        Cli.run("merge", "--model", model, "--adapter", model, "--out", out)
                .refuses(model.resolve("adapter_config.json") + ": cannot be read: no such file or folder");
        Cli.run("merge", "--model", model, "--out", out).refuses("--adapter is missing, expected the folder of one");
        assertThat(out).doesNotExist();
    }

    private void write(byte[] bytes) {
        try {
            Files.write(weights, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Rewrites the header of the weight file, its length included, and requires that something changed.
    private void header(UnaryOperator<String> edit) {
        byte[] all = Values.bytes(weights);
        int length = (int) ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        String before = new String(all, 8, length, StandardCharsets.UTF_8);
        String after = edit.apply(before);
        assertThat(after).isNotEqualTo(before);
        byte[] header = after.getBytes(StandardCharsets.UTF_8);
        ByteBuffer out =
                ByteBuffer.allocate(8 + header.length + all.length - 8 - length).order(ByteOrder.LITTLE_ENDIAN);
        out.putLong(header.length).put(header).put(all, 8 + length, all.length - 8 - length);
        write(out.array());
    }
}
