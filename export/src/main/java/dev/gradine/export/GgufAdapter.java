package dev.gradine.export;

import dev.gradine.io.Gguf;
import dev.gradine.io.GgufLayout;
import dev.gradine.io.GgufWriter;
import dev.gradine.io.TensorSource;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import dev.gradine.peft.Adapter;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.LoraEmbedding;
import dev.gradine.peft.LoraLinear;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.Transposed;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A LoRA adapter as a GGUF file of its own, which llama.cpp puts on a model with `--lora`.
///
/// ```
/// NAME.lora_a   A, f32[R,I]; of an embedding transposed, f32[V,R]
/// NAME.lora_b   B, f32[O,R], its rows in the order of the layer's rows in the model's file
/// W′ = W + alpha / R · B A
/// ```
///
/// One `alpha` stands for all layers. Where a layer's scale is not alpha / R, B carries the rest.
public final class GgufAdapter {

    private static final String ALPHA = "adapter.lora.alpha";

    private GgufAdapter() {}

    /// A, B and scale of one adapter, as this program has them.
    ///
    /// @param flipped whether the file holds A transposed
    private record Factors(Tensor a, Tensor b, float scale, boolean flipped) {

        static Factors of(Adapter adapter) {
            return switch (adapter) {
                case LoraLinear l -> new Factors(l.a().value(), l.b().value(), l.s(), false);
                case LoraEmbedding e -> new Factors(e.a().value(), e.b().value(), e.s(), true);
                default -> throw new IllegalArgumentException("gguf-lora: %s is no LoRA".formatted(adapter));
            };
        }

        double alpha() {
            return (double) scale * b.shape().dim(1);
        }
    }

    /// Fails unless llama.cpp can compute what the adapter does.
    ///
    /// @throws IllegalArgumentException says what it has no place for
    static void requirePlace(OpenModel model, AdapterSet adapted) {
        if (!(adapted.method() instanceof Lora lora)) {
            throw new IllegalArgumentException("gguf-lora: the adapter is %s, expected plain LoRA; --to gguf merges it"
                    .formatted(adapted.method().name()));
        }
        if (lora.loraBias()) {
            throw new IllegalArgumentException(
                    "gguf-lora: lora_bias has no place in an adapter for llama.cpp; --to gguf merges it");
        }
        if (adapted.trainsRows()) {
            throw new IllegalArgumentException(
                    "gguf-lora: trained tokens have no place in an adapter for llama.cpp; --to gguf merges them");
        }
        if (!adapted.copies().isEmpty()) {
            throw new IllegalArgumentException(
                    "gguf-lora: modules_to_save have no place in an adapter for llama.cpp; --to gguf merges them");
        }
        for (Site site : adapted.adapters().keySet()) {
            boolean head = site instanceof Linear l && l.path().equals("lm_head");
            if (head && !model.checkpoint().has("lm_head.weight")) {
                throw new IllegalArgumentException(
                        "gguf-lora: lm_head is tied to the embedding, and llama.cpp has no tensor to adapt then;"
                                + " --to gguf merges the adapter");
            }
        }
    }

    /// Writes the file.
    ///
    /// @param out a file that is not there yet
    /// @throws IllegalArgumentException if llama.cpp has no place for what the adapter does
    public static void write(OpenModel model, AdapterSet adapted, Path out) {
        requirePlace(model, adapted);
        GgufLayout layout = layout(model);
        List<TensorSource> tensors = new ArrayList<>();
        float alpha =
                (float) Factors.of(adapted.adapters().firstEntry().getValue()).alpha();
        adapted.adapters().forEach((site, adapter) -> {
            Factors f = Factors.of(adapter);
            String name = layout.name(site.path() + ".weight");
            if (!layout.isWhole(site.path() + ".weight")) {
                throw new IllegalArgumentException(
                        "gguf-lora: %s is not one matrix in a file for llama.cpp, or has its columns in another order;"
                                        .formatted(site.path())
                                + " --to gguf merges the adapter");
            }
            Arena arena = Arena.ofAuto();
            Tensor a = model.run().toHost(f.a, arena);
            tensors.add(TensorSource.of(name + ".lora_a", f.flipped ? Transposed.of(a) : a));
            Tensor b = scaled(model.run().toHost(f.b, arena), (float) (f.alpha() / alpha), arena);
            tensors.add(TensorSource.of(name + ".lora_b", layout.stored(site.path() + ".weight", b, arena)));
        });
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("general.architecture", layout.architecture().name());
        metadata.put("general.type", "adapter");
        metadata.put("general.name", String.valueOf(model.source().getFileName()) + " adapter");
        metadata.put("adapter.type", "lora");
        metadata.put(ALPHA, alpha);
        GgufWriter.write(out, metadata, tensors);
    }

    private static GgufLayout layout(OpenModel model) {
        return GgufHeader.of(model).layout();
    }

    private static Tensor scaled(Tensor t, float factor, Arena arena) {
        if (factor == 1) return t;
        float[] values = t.toFloats();
        for (int i = 0; i < values.length; i++) values[i] *= factor;
        return Tensor.of(arena, t.shape(), values);
    }

    /// Reads the file anew and compares every matrix with the adapter in memory.
    public static Findings check(OpenModel model, AdapterSet adapted, Path file) {
        Findings findings = Findings.none();
        GgufLayout layout = layout(model);
        try (Arena arena = Arena.ofShared()) {
            Gguf gguf = Gguf.open(file, arena);
            if (!(gguf.metadata().get(ALPHA) instanceof Float alpha)) {
                findings.add(false, "adapter: %s is missing".formatted(ALPHA));
                return findings;
            }
            adapted.adapters().forEach((site, adapter) -> {
                String name = layout.name(site.path() + ".weight");
                Factors f = Factors.of(adapter);
                float[] a = values(gguf, name + ".lora_a");
                float[] b = values(gguf, name + ".lora_b");
                Tensor host = model.run().toHost(f.a, arena);
                boolean sameA = same(a, f.flipped ? Transposed.of(host) : host, 1);
                Tensor rows = layout.stored(site.path() + ".weight", model.run().toHost(f.b, arena), arena);
                // alpha / R · B of the file is the scale · B of the memory
                boolean sameB = same(b, rows, f.alpha() / alpha);
                if (!sameA || !sameB) {
                    findings.add(false, "adapter: %s differs from the adapter in memory".formatted(site.path()));
                }
            });
            int expected = 2 * adapted.adapters().size();
            if (gguf.names().size() != expected) {
                findings.add(
                        false,
                        "adapter: %d tensors, expected %d"
                                .formatted(gguf.names().size(), expected));
            }
        }
        if (findings.isClean()) {
            findings.add(
                    true,
                    "adapter: %d layers, matrices and scales as in memory"
                            .formatted(adapted.adapters().size()));
        }
        return findings;
    }

    private static float[] values(Gguf gguf, String name) {
        return gguf.names().contains(name) ? gguf.tensor(name).toFloats() : new float[0];
    }

    private static boolean same(float[] got, Tensor expected, double factor) {
        float[] x = expected.toFloats();
        if (got.length != x.length) return false;
        for (int i = 0; i < x.length; i++) {
            double want = x[i] * factor;
            if (!(Math.abs(got[i] - want) <= 0x1p-22 * Math.abs(want))) return false;
        }
        return true;
    }
}
