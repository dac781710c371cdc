package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Tape;
import dev.gradine.export.MergedModel;
import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// An embedding and a head that are one weight, or two: every way in which a folder says so, and every way in which one
/// of them is trained. The merged model computes what the adapted one does, and the rest of it keeps its bytes.
class TiedWeightsTest {

    private static final String EMBEDDING = "model.embed_tokens.weight";
    private static final String HEAD = "lm_head.weight";
    private static final List<int[]> TOKENS = List.of(new int[] {3, 200, 7, 7, 45, 258});

    @TempDir
    Path temp;

    /// How a folder says that the two are one weight, or two.
    private enum How {
        EMBEDDING_ALONE(true, true),
        HEAD_ALONE(true, true),
        BOTH_ALIKE(true, true),
        BOTH_DIFFERENT(true, false),
        SAID_TO_BE_TWO(false, false),
        NOTHING_SAID(null, false);

        private final @Nullable Boolean said;
        private final boolean tied;

        How(@Nullable Boolean said, boolean tied) {
            this.said = said;
            this.tied = tied;
        }
    }

    /// What is trained besides `q_proj`.
    @SuppressWarnings("ImmutableEnumChecker") // the lists are made by List.of
    enum What {
        NOTHING(List.of(), List.of()),
        COPY_OF_EMBEDDING(List.of(), List.of("embed_tokens")),
        COPY_OF_HEAD(List.of(), List.of("lm_head")),
        COPY_OF_BOTH(List.of(), List.of("embed_tokens", "lm_head")),
        ADAPTED_EMBEDDING(List.of("embed_tokens"), List.of()),
        ADAPTED_HEAD(List.of("lm_head"), List.of()),
        ADAPTED_BOTH(List.of("embed_tokens", "lm_head"), List.of()),
        ADAPTED_HEAD_COPY_OF_EMBEDDING(List.of("lm_head"), List.of("embed_tokens")),
        ADAPTED_EMBEDDING_COPY_OF_HEAD(List.of("embed_tokens"), List.of("lm_head"));

        private final List<String> targets;
        private final List<String> copies;

        What(List<String> targets, List<String> copies) {
            this.targets = targets;
            this.copies = copies;
        }

        boolean touches(String name) {
            return targets.contains(name) || copies.contains(name);
        }
    }

    private static Tensor random(Arena arena, long seed, int... dims) {
        SplittableRandom random = new SplittableRandom(seed);
        Shape shape = Shape.of(dims);
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) values[i] = (float) random.nextGaussian(0, 0.2);
        return Tensor.of(arena, shape, values);
    }

    /// The tiny model, its two weights stored and configured as `how` says; a seed gives the same values in each.
    private Path model(How how) {
        Path folder = temp.resolve("model-" + how);
        if (Files.exists(folder)) return folder;
        TinyModel.write(folder);
        Path file = folder.resolve("model.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            Map<String, Tensor> all = new LinkedHashMap<>();
            Safetensors stored = Safetensors.open(file, arena);
            for (String name : stored.names()) all.put(name, copy(arena, stored.tensor(name)));
            if (how.tied) all.put(HEAD, all.get(EMBEDDING));
            if (how == How.EMBEDDING_ALONE) all.remove(HEAD);
            if (how == How.HEAD_ALONE) all.remove(EMBEDDING);
            Safetensors.write(file, all);
        }
        Path config = folder.resolve("config.json");
        Map<String, Object> changed = new LinkedHashMap<>(Json.readObject(config));
        if (how.said == null) changed.remove("tie_word_embeddings");
        else changed.put("tie_word_embeddings", how.said);
        Json.write(config, changed);
        return folder;
    }

    private static Tensor copy(Arena arena, Tensor t) {
        return Tensor.of(arena, t.shape(), t.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
    }

    private Path adapter(What what) {
        Path folder = temp.resolve("adapter-" + what);
        if (Files.exists(folder)) return folder;
        String p = "base_model.model.";
        try (Arena arena = Arena.ofConfined()) {
            Files.createDirectories(folder);
            Map<String, Tensor> all = new LinkedHashMap<>();
            Tensor q = Safetensors.open(model(How.BOTH_ALIKE).resolve("model.safetensors"), arena)
                    .tensor("model.layers.0.self_attn.q_proj.weight");
            int dim = q.shape().dim(0);
            int vocab = Safetensors.open(model(How.BOTH_ALIKE).resolve("model.safetensors"), arena)
                    .tensor(HEAD)
                    .shape()
                    .dim(0);
            for (int l = 0; l < 2; l++) {
                String name = p + "model.layers." + l + ".self_attn.q_proj.lora_";
                all.put(name + "A.weight", random(arena, l, 2, dim));
                all.put(name + "B.weight", random(arena, l + 10, dim, 2));
            }
            if (what.targets.contains("lm_head")) {
                all.put(p + "lm_head.lora_A.weight", random(arena, 20, 2, dim));
                all.put(p + "lm_head.lora_B.weight", random(arena, 21, vocab, 2));
            }
            if (what.targets.contains("embed_tokens")) {
                all.put(p + "model.embed_tokens.lora_embedding_A", random(arena, 22, 2, vocab));
                all.put(p + "model.embed_tokens.lora_embedding_B", random(arena, 23, dim, 2));
            }
            if (what.copies.contains("lm_head")) all.put(p + HEAD, random(arena, 24, vocab, dim));
            if (what.copies.contains("embed_tokens")) all.put(p + EMBEDDING, random(arena, 25, vocab, dim));
            Safetensors.write(folder.resolve(AdapterFolder.WEIGHTS), all);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        List<String> targets = new ArrayList<>(List.of("q_proj"));
        targets.addAll(what.targets);
        Json.write(
                folder.resolve(AdapterFolder.CONFIG),
                Map.of(
                        "peft_type",
                        "LORA",
                        "r",
                        2,
                        "lora_alpha",
                        4,
                        "target_modules",
                        targets,
                        "modules_to_save",
                        what.copies));
        return folder;
    }

    private static float[] logits(Policy policy, Kernels run) {
        try (Kernels k = run.openStep()) {
            return k.download(
                    policy.logits(Tape.noGrad(k), TokenBatch.of(TOKENS)).value());
        }
    }

    private float[] adapted(How how, What what) {
        try (Kernels run = CpuKernels.open();
                OpenModel m = Models.open(model(how), run, List.of())) {
            return logits(new Policy(m.model(), AdapterFolder.load(adapter(what), m.model(), run)), run);
        }
    }

    @ParameterizedTest
    @EnumSource(What.class)
    void a_tie_computes_the_same_however_it_is_stored(What what) {
        float[] one = adapted(How.EMBEDDING_ALONE, what);
        assertThat(adapted(How.HEAD_ALONE, what)).containsExactly(one);
        assertThat(adapted(How.BOTH_ALIKE, what)).containsExactly(one);
        float[] two = adapted(How.SAID_TO_BE_TWO, what);
        assertThat(adapted(How.BOTH_DIFFERENT, what)).containsExactly(two);
        assertThat(adapted(How.NOTHING_SAID, what)).containsExactly(two);
        boolean isHeadGiven = what.copies.contains("lm_head");
        assertThat(Arrays.equals(one, two)).isEqualTo(isHeadGiven);
    }

    @ParameterizedTest
    @EnumSource(What.class)
    void a_merged_model_computes_what_the_adapted_one_does(What what) {
        for (How how : How.values()) {
            Path out = temp.resolve("merged-" + how);
            try (Kernels run = CpuKernels.open();
                    OpenModel m = Models.open(model(how), run, List.of())) {
                AdapterSet set = AdapterFolder.load(adapter(what), m.model(), run);
                MergedModel.write(m, set, out);
            }
            float[] want = adapted(how, what);
            try (Kernels run = CpuKernels.open();
                    OpenModel merged = Models.open(out, run, List.of())) {
                assertThat(logits(new Policy(merged.model(), Adapters.NONE), run))
                        .as("%s, %s", how, what)
                        .usingComparatorWithPrecision(1e-4f)
                        .containsExactly(want);
                assertThat(merged.apart()).isEmpty();
            }
            requireFile(how, what, out);
        }
    }

    /// The merged folder says of the tie what its tensors are, and holds the bytes of what was not trained.
    private void requireFile(How how, What what, Path out) {
        boolean stays = how.tied && !what.touches("embed_tokens") && !what.touches("lm_head");
        Object said = Json.readObject(out.resolve("config.json")).get("tie_word_embeddings");
        if (how == How.NOTHING_SAID) assertThat(said).isNull();
        else assertThat(said).as("%s, %s", how, what).isEqualTo(stays);
        try (Arena arena = Arena.ofConfined()) {
            Safetensors before = Safetensors.open(model(how).resolve("model.safetensors"), arena);
            Safetensors after = Safetensors.open(out.resolve("model.safetensors"), arena);
            for (String name : after.names()) {
                boolean isTrained = name.contains("q_proj")
                        || (name.equals(EMBEDDING) && what.touches("embed_tokens"))
                        || (name.equals(HEAD) && what.touches("lm_head"));
                String from = before.names().contains(name) ? name : name.equals(HEAD) ? EMBEDDING : HEAD;
                long first =
                        after.tensor(name).data().mismatch(before.tensor(from).data());
                assertThat(first < 0).as("%s, %s: %s", how, what, name).isEqualTo(!isTrained);
            }
            assertThat(after.names()).containsAll(stays ? before.names() : List.of(EMBEDDING, HEAD));
        }
    }

    @Test
    void two_weights_that_are_said_to_be_one_get_a_line() {
        Path ids = temp.resolve("ids.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            Safetensors.write(ids, Map.of("input_ids", Tensor.of(arena, Shape.of(1, 3), new int[] {1, 2, 3})));
        }
        Cli scored = Cli.run(
                "score", "--model", model(How.BOTH_DIFFERENT), "--ids", ids, "--out", temp.resolve("out.safetensors"));
        assertThat(scored.ok().err())
                .isEqualTo("gradine: model.embed_tokens.weight and lm_head.weight differ although tie_word_embeddings"
                        + " says that they are one: both are used\n");
    }

    @Test
    void a_head_that_is_missing_and_not_tied_is_named() {
        Path folder = model(How.EMBEDDING_ALONE);
        Map<String, Object> config = new LinkedHashMap<>(Json.readObject(folder.resolve("config.json")));
        config.put("tie_word_embeddings", false);
        Json.write(folder.resolve("config.json"), config);
        try (Kernels run = CpuKernels.open()) {
            assertThatThrownBy(() -> Models.open(folder, run, List.of()))
                    .hasMessage(folder.resolve("model.safetensors")
                            + ": no tensor lm_head.weight, which a llama has by its config");
        }
    }

    @Test
    void what_is_not_trained_keeps_its_type_and_bytes_and_the_configuration_names_it() {
        Path folder = model(How.EMBEDDING_ALONE);
        Path file = folder.resolve("model.safetensors");
        try (Kernels run = CpuKernels.open();
                Arena arena = Arena.ofShared()) {
            Map<String, Tensor> all = new LinkedHashMap<>();
            Safetensors stored = Safetensors.open(file, arena);
            for (String name : stored.names()) {
                Tensor rounded = run.empty(DType.BF16, stored.tensor(name).shape());
                run.copy(run.fromHost(stored.tensor(name)), rounded);
                all.put(name, run.toHost(rounded, arena));
            }
            Path other = temp.resolve("bf16.safetensors");
            Safetensors.write(other, all);
            Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        Path out = temp.resolve("merged");
        try (Kernels run = CpuKernels.open();
                OpenModel m = Models.open(folder, run, List.of())) {
            MergedModel.write(m, AdapterFolder.load(adapter(What.NOTHING), m.model(), run), out);
        }
        try (Arena arena = Arena.ofConfined()) {
            Safetensors before = Safetensors.open(file, arena);
            Safetensors after = Safetensors.open(out.resolve("model.safetensors"), arena);
            for (String name : before.names()) {
                assertThat(after.tensor(name).dtype()).as(name).isEqualTo(DType.BF16);
                long first =
                        after.tensor(name).data().mismatch(before.tensor(name).data());
                assertThat(first < 0).as(name).isEqualTo(!name.contains("q_proj"));
            }
        }
        assertThat(Json.readObject(out.resolve("config.json"))).containsEntry("dtype", "bfloat16");
    }
}
