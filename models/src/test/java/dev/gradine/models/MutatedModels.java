package dev.gradine.models;

import dev.gradine.io.CheckpointException;
import dev.gradine.nn.ConfigException;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Mutation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;

/// Opens models whose files were changed at random: the same seed makes the same file.
///
/// A file must be read, or refused with one line that names it, within two seconds. As a program:
/// `MutatedModels COUNT [FIRST_SEED]`.
final class MutatedModels {

    /// Kinds of files, by the name the file has.
    enum Kind {
        CONFIG("config.json"),
        SAFETENSORS("model.safetensors"),
        GGUF("model.gguf"),
        LLAMA2C("model.bin");

        final String file;

        Kind(String file) {
            this.file = file;
        }
    }

    private static final long MOST_NANOS = 2_000_000_000L;

    private static final Mutation MUTATION = new Mutation(List.of(
            "null",
            "true",
            "-1",
            "0",
            "1e999",
            "2147483647",
            "9223372036854775807",
            "\"linear\"",
            "[]",
            "{}",
            "[[[[",
            "\"factor\":0",
            "\"rope_type\":\"yarn\",",
            "\"head_dim\":7,",
            "1e-300",
            "\"\\ud800\"",
            "NaN"));

    private final Path folder;
    private final EnumMap<Kind, byte[]> originals = new EnumMap<>(Kind.class);

    /// @param folder empty; each file is written there in its turn
    MutatedModels(Path folder) {
        this.folder = folder;
        TinyFolder tiny = new TinyFolder(config());
        try {
            tiny.to(folder);
            originals.put(Kind.CONFIG, Files.readAllBytes(folder.resolve(Kind.CONFIG.file)));
            originals.put(Kind.SAFETENSORS, Files.readAllBytes(folder.resolve(Kind.SAFETENSORS.file)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        originals.put(Kind.GGUF, gguf(tiny));
        originals.put(Kind.LLAMA2C, llama2c());
    }

    /// What one file led to.
    ///
    /// @param fault what is wrong with the answer; empty if nothing is
    record Outcome(Kind kind, long seed, String fault) {}

    /// Writes the file of a seed, opens it and judges the answer.
    Outcome run(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
        byte[] bytes = mutated(kind, random);
        Path file = folder.resolve(kind.file);
        try {
            Files.write(file, bytes);
            String fault = judged(kind == Kind.CONFIG || kind == Kind.SAFETENSORS ? folder : file, file);
            if (kind == Kind.CONFIG || kind == Kind.SAFETENSORS) Files.write(file, original(kind));
            else Files.delete(file);
            return new Outcome(kind, seed, fault);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String judged(Path model, Path file) {
        long start = System.nanoTime();
        String fault = "";
        try (Kernels run = CpuKernels.open()) {
            Models.open(model, run).close();
        } catch (CheckpointException e) {
            fault = message(String.valueOf(e.getMessage()));
        } catch (ConfigException | ShapeException e) {
            fault = "names no file: " + e.getMessage();
        } catch (RuntimeException | OutOfMemoryError | StackOverflowError | InternalError e) {
            fault = e + " at " + Arrays.stream(e.getStackTrace()).limit(3).toList() + " for " + file;
        }
        long nanos = System.nanoTime() - start;
        return fault.isEmpty() && nanos > MOST_NANOS ? nanos / 1_000_000 + " ms" : fault;
    }

    /// What is wrong with a message: it must name the file, be one line of a few words, and hold no word of Java's.
    private String message(String m) {
        boolean named = m.startsWith(folder.toString());
        boolean oneLine = m.indexOf('\n') < 0 && m.length() < 1000;
        String java = ".*(\\[[IJFDZL]@|@[0-9a-f]{6,}|java\\.|JsonToken|REDACTED|reference chain|Exception|Header\\[).*";
        return named && oneLine && !m.matches(java) ? "" : "message: " + m;
    }

    private byte[] mutated(Kind kind, SplittableRandom random) {
        byte[] b = original(kind);
        int front = switch (kind) {
            case CONFIG -> b.length;
            case LLAMA2C -> 28;
            default -> 4096;
        };
        return MUTATION.of(b, front, random);
    }

    private byte[] original(Kind kind) {
        return Objects.requireNonNull(originals.get(kind));
    }

    private static Map<String, Object> config() {
        Map<String, Object> c = new LinkedHashMap<>(TinyLlama.config());
        c.put("num_hidden_layers", 1);
        c.put("rms_norm_eps", 1e-5);
        c.put("rope_theta", 10000.0);
        c.put("rope_scaling", Map.of("rope_type", "linear", "factor", 2.0));
        c.put("torch_dtype", "float32");
        c.put("eos_token_id", List.of(1, 2));
        c.put("hidden_act", "silu");
        return c;
    }

    private static byte[] gguf(TinyFolder tiny) {
        GgufFile file = new GgufFile("llama")
                .with("block_count", 1)
                .with("context_length", 64)
                .with("embedding_length", 24)
                .with("feed_forward_length", 40)
                .with("attention.head_count", 4)
                .with("attention.head_count_kv", 2)
                .with("attention.layer_norm_rms_epsilon", 1e-5f)
                .with("rope.scaling.type", "linear")
                .with("rope.scaling.factor", 2f)
                .tensor("rope_freqs.weight", new float[] {1, 2, 8}, 3);
        Map<String, String> names = Map.of(
                "q_proj",
                "attn_q",
                "k_proj",
                "attn_k",
                "v_proj",
                "attn_v",
                "o_proj",
                "attn_output",
                "gate_proj",
                "ffn_gate",
                "up_proj",
                "ffn_up",
                "down_proj",
                "ffn_down",
                "input_layernorm",
                "attn_norm",
                "post_attention_layernorm",
                "ffn_norm");
        tiny.weights().forEach((hf, v) -> {
            List<String> parts = new ArrayList<>(List.of(hf.split("\\.")));
            String last = parts.get(parts.size() - 2);
            String name = names.containsKey(last)
                    ? "blk.0." + names.get(last)
                    : Map.of("embed_tokens", "token_embd", "norm", "output_norm", "lm_head", "output")
                            .get(last);
            file.tensor(
                    name + ".weight",
                    v,
                    Objects.requireNonNull(tiny.shapes().get(hf)).toArray());
        });
        return file.array();
    }

    /// Dim 8, hidden 6, 1 layer, 2 heads of 4, 1 kv head, vocabulary 5, context 16.
    private static byte[] llama2c() {
        int floats = 40 + 8 + 64 + 32 + 32 + 64 + 8 + 3 * 48 + 8 + 16 * 4;
        ByteBuffer b = ByteBuffer.allocate(28 + 4 * floats).order(ByteOrder.LITTLE_ENDIAN);
        for (int n : new int[] {8, 6, 1, 2, 1, 5, 16}) b.putInt(n);
        for (int i = 0; i < floats; i++) b.putFloat(i % 7);
        return b.array();
    }

    /// Runs COUNT seeds from FIRST_SEED on and prints each fault and a count.
    public static void main(String[] args) throws IOException {
        int count = Integer.parseInt(args[0]);
        long first = args.length > 1 ? Long.parseLong(args[1]) : 0;
        MutatedModels models = new MutatedModels(Files.createTempDirectory("mutated"));
        int faults = 0;
        for (long seed = first; seed < first + count; seed++) {
            Outcome o = models.run(seed);
            if (o.fault.isEmpty()) continue;
            faults++;
            System.out.printf("%s, seed %d: %s%n", o.kind, o.seed, o.fault);
        }
        System.out.printf("%d files, %d faults%n", count, faults);
    }
}
