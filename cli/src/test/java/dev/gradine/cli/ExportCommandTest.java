package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.io.TensorInfo;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExportCommandTest {

    @TempDir
    private Path temp = Path.of("");

    private Path model = Path.of("");
    private Path run = Path.of("");

    @BeforeEach
    void train_an_adapter() {
        model = TinyModel.write(temp.resolve("model"));
        run = temp.resolve("run");
        Path rows = TinyModel.tokenRows(temp.resolve("rows.jsonl"), 8, 12, 3);
        Cli.run("sft", "--model", model, "--data", rows, "--out", run, "--steps", 4, "--lr", "1e-2")
                .ok();
    }

    @Test
    void a_gguf_says_what_the_adapted_model_says() throws IOException {
        Path alone = Files.createDirectory(temp.resolve("alone"));
        Path file = alone.resolve("m.gguf");
        Cli done = Cli.run("export", "--model", model, "--adapter", run, "--to", "gguf", "--type", "f32", "--out", file)
                .ok();
        assertThat(done.out())
                .startsWith("gguf written: " + file + "\n")
                .contains("  same  weights: 21 tensors, each as in memory")
                .contains("  same  end tokens: a text ends at <|bos|> <|im_end|>\n")
                .contains("\n  llama.cpp     yes  llama-cli -m FILE\n");
        sameLogits(file);
    }

    @Test
    void what_is_further_away_than_was_asked_for_is_removed() {
        Path file = temp.resolve("m.gguf");
        Cli.run(arguments("gguf", file, "--type", "f16", "--max-difference", 1)).ok();
        Path rough = temp.resolve("rough.gguf");
        Cli refused = Cli.run(arguments("gguf", rough, "--type", "f16", "--max-difference", "1e-9"));
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err())
                .contains("; at most 1.0e-09 was asked for\n")
                .endsWith("gradine: export: %s is not the model in memory; it was removed\n".formatted(rough));
        assertThat(refused.out()).doesNotContain("taken by");
        assertThat(rough).doesNotExist();
        Cli.run(arguments("peft", temp.resolve("x"), "--max-difference", 1))
                .refuses("--max-difference is for whole models; --to peft is compared bit for bit");
        Cli.run(arguments("gguf", rough, "--max-difference", 1, "--no-verify"))
                .refuses("--max-difference needs --verify");
    }

    @Test
    void a_folder_says_what_the_adapted_model_says() {
        Path out = temp.resolve("merged");
        Cli done = Cli.run("export", "--model", model, "--adapter", run, "--to", "safetensors", "--out", out)
                .ok();
        assertThat(done.out())
                .contains("  same  weights: 21 tensors, each as in memory")
                .contains("\n  vLLM          yes  vllm serve DIR\n");
        sameLogits(out);
    }

    @ParameterizedTest
    @CsvSource({"f16, F16, float16", "bf16, BF16, bfloat16", "f32, F32, float32", "auto, F32, float32"})
    void a_folder_has_the_type_asked_for_in_files_of_the_size_asked_for(String type, DType dtype, String name) {
        Path out = temp.resolve("merged");
        Cli done = Cli.run(arguments("safetensors", out, "--dtype", type, "--max-shard-size", "12KB"))
                .ok();
        assertThat(done.out()).contains("  same  weights: 21 tensors, each as in memory");
        assertThat(Json.readObject(out.resolve("config.json"))).containsEntry("dtype", name);
        Map<?, ?> files = (Map<?, ?>)
                Json.readObject(out.resolve("model.safetensors.index.json")).getOrDefault("weight_map", Map.of());
        assertThat(files.values().stream().distinct().count()).isGreaterThan(2);
        assertThat(Values.content(out)).doesNotContain("model.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            files.forEach((tensor, file) -> {
                Safetensors shard = Safetensors.open(out.resolve(String.valueOf(file)), arena);
                assertThat(shard.tensor(String.valueOf(tensor)).dtype()).isEqualTo(dtype);
                long bytes =
                        shard.tensors().stream().mapToLong(TensorInfo::bytes).sum();
                assertThat(bytes <= 12_000 || shard.names().size() == 1).isTrue();
            });
        }
    }

    @Test
    void merge_rounds_to_the_type_asked_for() {
        Path out = temp.resolve("merged");
        Path exact = temp.resolve("exact");
        Cli.run("merge", "--model", model, "--adapter", run, "--out", out, "--dtype", "bf16")
                .ok();
        Cli.run("merge", "--model", model, "--adapter", run, "--out", exact).ok();
        try (Arena arena = Arena.ofConfined()) {
            Safetensors want = Safetensors.open(exact.resolve("model.safetensors"), arena);
            Safetensors got = Safetensors.open(out.resolve("model.safetensors"), arena);
            assertThat(got.names()).containsExactlyInAnyOrderElementsOf(want.names());
            for (String tensor : want.names()) {
                float[] x = Values.floats(want.tensor(tensor));
                short[] bits = got.tensor(tensor).data().toArray(ValueLayout.JAVA_SHORT);
                for (int i = 0; i < x.length; i++) assertThat(bits[i]).isEqualTo(nearestBf16(x[i]));
            }
        }
    }

    /// Of the two neighbours, the nearer; of two as near, the even one.
    private static short nearestBf16(float x) {
        int below = Float.floatToRawIntBits(x) >>> 16;
        double down = Math.abs((double) x - Float.intBitsToFloat(below << 16));
        double up = Math.abs((double) x - Float.intBitsToFloat((below + 1) << 16));
        boolean even = (below & 1) == 0;
        return (short) (down < up || (down == up && even) ? below : below + 1);
    }

    @Test
    void a_type_or_size_that_is_none_is_refused_before_the_model_is_opened() {
        Path out = temp.resolve("x");
        Cli.run(arguments("safetensors", out, "--dtype", "int8"))
                .refuses("--dtype: \"int8\", expected auto, f32, f16 or bf16");
        for (String size : List.of("5", "5GiB", "GB", "0MB", "-1GB", "1e3GB", "99999999999TB")) {
            Cli.run(arguments("safetensors", out, "--max-shard-size=" + size))
                    .refuses("--max-shard-size: \"%s\", expected a number above 0 with KB, MB, GB or TB, such as 5GB"
                            .formatted(size));
        }
        Cli.run(arguments("gguf", temp.resolve("x.gguf"), "--dtype", "f16"))
                .refuses("--dtype is for --to safetensors, not for --to gguf; the type of its matrices is --type");
        Cli.run(arguments("peft", out, "--max-shard-size", "1GB"))
                .refuses("--max-shard-size is for --to safetensors, not for --to peft");
        Cli.run(arguments("safetensors", out, "--type", "f16"))
                .refuses("--type is for --to gguf, not for --to safetensors; the type of its weights is --dtype");
        assertThat(out).doesNotExist();
    }

    @Test
    void a_value_that_f16_has_no_room_for_is_named() {
        Path large = TinyModel.write(temp.resolve("large"));
        Path file = large.resolve("model.safetensors");
        try (Arena arena = Arena.ofShared()) {
            Safetensors weights = Safetensors.open(file, arena);
            Map<String, Tensor> all = new LinkedHashMap<>();
            for (String name : weights.names()) all.put(name, weights.tensor(name));
            float[] norm = Values.floats(weights.tensor("model.norm.weight"));
            norm[1] = 70_000;
            all.put("model.norm.weight", Tensor.of(arena, Shape.of(norm.length), norm));
            Safetensors.write(large.resolve("other.safetensors"), all);
            Files.move(large.resolve("other.safetensors"), file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Path out = temp.resolve("x");
        Cli.run("export", "--model", large, "--to", "safetensors", "--out", out, "--dtype", "f16")
                .refuses("merge: model.norm.weight has a value that is too large for F16, expected --dtype bf16 or"
                        + " --dtype f32");
        assertThat(out).doesNotExist();
    }

    private Object[] arguments(String to, Path out, Object... more) {
        List<Object> all =
                new ArrayList<>(List.of("export", "--model", model, "--adapter", run, "--to", to, "--out", out));
        all.addAll(List.of(more));
        return all.toArray();
    }

    private void sameLogits(Path exported) {
        Path ids = temp.resolve("ids.safetensors");
        TokenRows.write(ids);
        Path adapted = temp.resolve("adapted.safetensors");
        Cli.run("score", "--model", model, "--adapter", run, "--ids", ids, "--out", adapted)
                .ok();
        Path plain = temp.resolve("plain.safetensors");
        Cli.run("score", "--model", exported, "--ids", ids, "--out", plain).ok();
        double[] want = Values.doubles(Values.floats(adapted, "logits"));
        Teeth.bite(Values.floats(plain, "logits"), got -> Tolerance.logits().check("export", got, want));
    }

    @Test
    void an_adapter_folder_holds_the_adapter_bit_for_bit() throws IOException {
        Path out = temp.resolve("peft");
        Cli done = Cli.run("export", "--model", model, "--adapter", run, "--to", "peft", "--out", out)
                .ok();
        assertThat(done.out())
                .contains("  same  adapter: 28 tensors, bit for bit\n")
                .contains("\n  PEFT          yes  PeftModel.from_pretrained(base, DIR)\n")
                .contains("\n  vLLM          yes  --enable-lora --max-lora-rank 16 --lora-modules NAME=DIR\n");
        assertThat(out.resolve("adapter_model.safetensors"))
                .hasSameBinaryContentAs(run.resolve("adapter_model.safetensors"));
    }

    @Test
    void nothing_is_opened_anew_where_that_is_not_wanted() {
        Path out = temp.resolve("merged");
        Cli done = Cli.run("export", "--model", model, "--to", "safetensors", "--out", out, "--no-verify")
                .ok();
        assertThat(done.out()).startsWith("safetensors written: " + out + "\ntaken by\n");
    }

    @Test
    void what_cannot_be_written_is_said_before_the_model_is_opened() {
        Cli.run("export", "--model", model, "--to", "onnx", "--out", temp.resolve("x"))
                .refuses("--to: onnx, expected peft, safetensors, gguf or gguf-lora");
        Cli.run("export", "--model", model, "--to", "gguf", "--type", "q4_k", "--out", temp.resolve("x.gguf"))
                .refuses("--type: q4_k, expected f32, f16, bf16, q8_0, q4_0 or q4_1");
        Cli.run("export", "--model", model, "--to", "gguf", "--out", temp.resolve("x"))
                .refuses("--out: " + temp.resolve("x") + ", expected a name that ends in .gguf");
        Cli.run("export", "--model", model, "--to", "peft", "--out", temp.resolve("x"))
                .refuses("--adapter is missing, expected the folder of one");
        Cli.run("export", "--model", model, "--to", "safetensors", "--out", run)
                .refuses(run + ": the folder is not empty, expected a new or empty one");
    }
}
