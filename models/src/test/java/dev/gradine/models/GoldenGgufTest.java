package dev.gradine.models;

import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// GGUF files of each family that is read from them, against what the reference computes: files of gguf-py, and files
/// that hold the golden safetensors under GGUF's names, as llama.cpp's converter writes them.
class GoldenGgufTest {

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"qwen3", "gemma3", "mixtral", "llama-kquants"})
    void a_file_of_the_reference_gives_its_logits(String name) {
        Path golden = Golden.golden("gguf/" + name);
        try (GoldenModel g = new GoldenModel(golden.resolve("model.gguf"), golden)) {
            g.assertLogits(name);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen2", "qwen3-moe", "olmo2", "olmoe", "llama3-rope", "llama-linear-rope"})
    void a_converted_file_gives_the_logits_of_its_source(String name) {
        Path golden = Golden.golden("models/" + name);
        try (GoldenModel g = new GoldenModel(converted(golden), golden)) {
            g.assertLogits(name);
        }
    }

    /// GGUF does not hold Gemma's `query_pre_attn_scalar`: it is the width of a key, which the golden
    /// model's is not. So the folder, whose family the golden values hold, is read with that scalar.
    @Test
    void a_converted_gemma_2_gives_the_logits_of_its_folder() throws IOException {
        Path golden = Golden.golden("models/gemma2");
        Map<String, Object> c = Json.readObject(golden.resolve("config.json"));
        c.put("query_pre_attn_scalar", c.get("head_dim"));
        Json.write(folder.resolve("config.json"), c);
        Files.copy(golden.resolve("model.safetensors"), folder.resolve("model.safetensors"));
        Path apart = Files.createDirectory(folder.resolve("gguf")).resolve("model.gguf");
        Files.move(converted(golden), apart);
        try (GoldenModel plain = new GoldenModel(folder, golden);
                GoldenModel gguf = new GoldenModel(apart, golden)) {
            List<int[]> tokens = plain.tokens("input_ids");
            double[] expected = Cases.doubles(plain.logits(tokens));
            Teeth.bite(gguf.logits(tokens), l -> Tolerance.logits().check("gemma2", l, expected));
        }
    }

    private Path converted(Path source) {
        Map<String, Object> c = Json.readObject(source.resolve("config.json"));
        GgufFile file = new GgufFile(text(c, "model_type").replace("_", ""));
        keys(file, c);
        try (Arena arena = Arena.ofConfined();
                Kernels run = CpuKernels.open()) {
            Safetensors st = Safetensors.open(source.resolve("model.safetensors"), arena);
            for (String hf : st.names()) {
                Tensor t = st.tensor(hf);
                float[] v = run.download(run.fromHost(t));
                if (hf.contains(".experts.")) continue;
                file.tensor(name(hf, c), changed(hf, v, t, c), t.shape().toArray());
            }
            stacks(file, st, run, c);
        }
        return file.to(folder.resolve("model.gguf"));
    }

    /// Every expert's matrix, one above the other.
    private static void stacks(GgufFile file, Safetensors st, Kernels run, Map<String, Object> c) {
        for (String first : st.names()) {
            if (!first.contains(".experts.0.")) continue;
            Tensor one = st.tensor(first);
            int experts = experts(c);
            float[] all = new float[experts * one.size()];
            for (int e = 0; e < experts; e++) {
                Tensor t = st.tensor(first.replace(".experts.0.", ".experts." + e + "."));
                System.arraycopy(run.download(run.fromHost(t)), 0, all, e * t.size(), t.size());
            }
            String stack = name(first.replace("experts.0.", ""), c).replace(".weight", "_exps.weight");
            file.tensor(stack, all, experts, one.shape().dim(0), one.shape().dim(1));
        }
    }

    private static int experts(Map<String, Object> c) {
        return whole(c, c.containsKey("num_experts") ? "num_experts" : "num_local_experts");
    }

    private static void keys(GgufFile file, Map<String, Object> c) {
        int heads = whole(c, "num_attention_heads");
        int width = c.get("head_dim") instanceof Integer d ? d : whole(c, "hidden_size") / heads;
        file.with("block_count", whole(c, "num_hidden_layers"))
                .with("context_length", whole(c, "max_position_embeddings"))
                .with("embedding_length", whole(c, "hidden_size"))
                .with("feed_forward_length", whole(c, "intermediate_size"))
                .with("attention.head_count", heads)
                .with("attention.head_count_kv", whole(c, "num_key_value_heads"))
                .with("attention.layer_norm_rms_epsilon", real(c, "rms_norm_eps"))
                .with("attention.key_length", width)
                .with("attention.value_length", width);
        rotary(file, c, width);
        if (c.containsKey("num_experts_per_tok")) {
            file.with("expert_count", experts(c)).with("expert_used_count", whole(c, "num_experts_per_tok"));
        }
        if (c.containsKey("moe_intermediate_size")) {
            file.with("expert_feed_forward_length", whole(c, "moe_intermediate_size"));
        }
        if (text(c, "model_type").equals("gemma2")) {
            file.with("attention.sliding_window", whole(c, "sliding_window"))
                    .with("attn_logit_softcapping", real(c, "attn_logit_softcapping"))
                    .with("final_logit_softcapping", real(c, "final_logit_softcapping"));
        }
    }

    /// Linear scaling is a key; of llama3 there are only the factors ω/ω'.
    private static void rotary(GgufFile file, Map<String, Object> c, int width) {
        Map<?, ?> p = (Map<?, ?>) Objects.requireNonNull(c.get("rope_parameters"));
        double theta = number(p, "rope_theta");
        file.with("rope.freq_base", (float) theta);
        if (text(p, "rope_type").equals("linear")) {
            file.with("rope.scaling.factor", (float) number(p, "factor"));
        }
        if (!text(p, "rope_type").equals("llama3")) return;
        double factor = number(p, "factor");
        double lo = number(p, "low_freq_factor");
        double hi = number(p, "high_freq_factor");
        double length = number(p, "original_max_position_embeddings");
        float[] factors = new float[width / 2];
        for (int i = 0; i < factors.length; i++) {
            double wavelength = 2 * Math.PI * Math.pow(theta, 2.0 * i / width);
            if (wavelength < length / hi) factors[i] = 1;
            else if (wavelength > length / lo) factors[i] = (float) factor;
            else factors[i] = (float) (1 / blend((length / wavelength - lo) / (hi - lo), factor));
        }
        file.tensor("rope_freqs.weight", factors, factors.length);
    }

    private static double blend(double smooth, double factor) {
        return (1 - smooth) / factor + smooth;
    }

    private static String text(Map<?, ?> c, String key) {
        return (String) Objects.requireNonNull(c.get(key));
    }

    private static double number(Map<?, ?> c, String key) {
        return ((Number) Objects.requireNonNull(c.get(key))).doubleValue();
    }

    private static int whole(Map<String, Object> c, String key) {
        return (int) number(c, key);
    }

    private static float real(Map<String, Object> c, String key) {
        return (float) number(c, key);
    }

    private static String name(String hf, Map<String, Object> c) {
        Map<String, String> inLayer = new LinkedHashMap<>();
        boolean behind = List.of("gemma2", "olmo2").contains(text(c, "model_type"));
        inLayer.put("self_attn.q_proj", "attn_q");
        inLayer.put("self_attn.k_proj", "attn_k");
        inLayer.put("self_attn.v_proj", "attn_v");
        inLayer.put("self_attn.o_proj", "attn_output");
        inLayer.put("self_attn.q_norm", "attn_q_norm");
        inLayer.put("self_attn.k_norm", "attn_k_norm");
        inLayer.put("mlp.gate", "ffn_gate_inp");
        inLayer.put("mlp.gate_proj", "ffn_gate");
        inLayer.put("mlp.up_proj", "ffn_up");
        inLayer.put("mlp.down_proj", "ffn_down");
        inLayer.put("input_layernorm", "attn_norm");
        inLayer.put("post_attention_layernorm", behind ? "post_attention_norm" : "ffn_norm");
        inLayer.put("pre_feedforward_layernorm", "ffn_norm");
        inLayer.put("post_feedforward_layernorm", "post_ffw_norm");
        String end = hf.substring(hf.lastIndexOf('.'));
        String path = hf.substring(0, hf.lastIndexOf('.'));
        if (path.equals("model.embed_tokens")) return "token_embd" + end;
        if (path.equals("model.norm")) return "output_norm" + end;
        if (path.equals("lm_head")) return "output" + end;
        String[] parts = path.split("\\.", 4);
        return "blk." + parts[2] + "." + inLayer.get(parts[3]) + end;
    }

    /// Gemma's norms are stored with 1 added, rows of q and k of a Llama with the halves of a head interleaved.
    private static float[] changed(String hf, float[] v, Tensor t, Map<String, Object> c) {
        float[] out = v.clone();
        if (text(c, "model_type").equals("gemma2") && hf.endsWith("norm.weight")) {
            for (int i = 0; i < out.length; i++) out[i] += 1;
        }
        boolean q = hf.endsWith("q_proj.weight");
        if (!text(c, "model_type").equals("llama") || !(q || hf.endsWith("k_proj.weight"))) return out;
        int heads = whole(c, q ? "num_attention_heads" : "num_key_value_heads");
        int rows = t.shape().dim(0) / heads;
        int in = t.shape().dim(1);
        for (int h = 0; h < heads; h++) {
            for (int i = 0; i < rows / 2; i++) {
                System.arraycopy(v, (h * rows + i) * in, out, (h * rows + 2 * i) * in, in);
                System.arraycopy(v, (h * rows + rows / 2 + i) * in, out, (h * rows + 2 * i + 1) * in, in);
            }
        }
        return out;
    }
}
