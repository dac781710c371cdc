package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
    void a_folder_says_what_the_adapted_model_says() {
        Path out = temp.resolve("merged");
        Cli done = Cli.run("export", "--model", model, "--adapter", run, "--to", "safetensors", "--out", out)
                .ok();
        assertThat(done.out())
                .contains("  same  weights: 21 tensors, each as in memory")
                .contains("\n  vLLM          yes  vllm serve DIR\n");
        sameLogits(out);
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
