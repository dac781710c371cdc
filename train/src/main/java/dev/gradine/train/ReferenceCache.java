package dev.gradine.train;

import dev.gradine.align.LabelledPair;
import dev.gradine.align.PairBatch;
import dev.gradine.align.PairBatch.Prompts;
import dev.gradine.io.Safetensors;
import dev.gradine.io.TensorSource;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/// Reference log-probabilities computed once for a whole data set and kept in a file, so that training
/// needs no reference pass.
///
/// The file holds `chosen f32[n]` and `rejected f32[n]` and, in its metadata, a fingerprint of the
/// tokens, the labels and the reference's name: a cache made of other data or another reference is
/// refused.
public final class ReferenceCache implements ReferenceLogProbs {

    private static final String FINGERPRINT = "gradine.fingerprint";

    private final float[] chosen;
    private final float[] rejected;

    private ReferenceCache(float[] chosen, float[] rejected) {
        this.chosen = chosen;
        this.rejected = rejected;
    }

    /// What a cache is made from.
    ///
    /// @param reference computes what the cache lacks
    /// @param name of the reference model, part of the fingerprint
    /// @param batch pairs computed at a time
    /// @param prompts whether the answers of a pair share their prompt
    /// @param progress told the number of pairs done
    public record Source(ReferenceLogProbs reference, String name, int batch, Prompts prompts, IntConsumer progress) {}

    /// Reads `file` if it is there, otherwise computes all pairs and writes it.
    ///
    /// @throws IllegalArgumentException if the file belongs to other data or another reference
    public static ReferenceCache open(Path file, List<LabelledPair> pairs, Source source, Kernels kernels) {
        String fingerprint = fingerprint(pairs, source.name());
        if (!Files.exists(file)) compute(file, pairs, source, kernels, fingerprint);
        try (Arena arena = Arena.ofShared()) {
            Safetensors f = Safetensors.open(file, arena);
            if (!fingerprint.equals(f.metadata().get(FINGERPRINT))) {
                throw new IllegalArgumentException(
                        file + ": made from other data or another reference; delete it to have it computed again");
            }
            return new ReferenceCache(values(f, "chosen", kernels, pairs), values(f, "rejected", kernels, pairs));
        }
    }

    private static float[] values(Safetensors f, String name, Kernels kernels, List<LabelledPair> pairs) {
        float[] v = kernels.download(kernels.fromHost(f.tensor(name)));
        if (v.length != pairs.size()) {
            throw new IllegalArgumentException(
                    "%s: %s has %d values, expected %d".formatted(f.path(), name, v.length, pairs.size()));
        }
        return v;
    }

    private static void compute(Path file, List<LabelledPair> pairs, Source s, Kernels kernels, String fingerprint) {
        float[] chosen = new float[pairs.size()];
        float[] rejected = new float[pairs.size()];
        for (int from = 0; from < pairs.size(); from += s.batch()) {
            List<LabelledPair> some = pairs.subList(from, Math.min(pairs.size(), from + s.batch()));
            try (Kernels step = kernels.openStep()) {
                float[] both = s.reference().of(step, PairBatch.of(some, s.prompts()));
                System.arraycopy(both, 0, chosen, from, some.size());
                System.arraycopy(both, some.size(), rejected, from, some.size());
            }
            s.progress().accept(from + some.size());
        }
        try (Arena arena = Arena.ofShared()) {
            Shape n = Shape.of(pairs.size());
            List<TensorSource> tensors = List.of(
                    TensorSource.of("chosen", Tensor.of(arena, n, chosen)),
                    TensorSource.of("rejected", Tensor.of(arena, n, rejected)));
            Safetensors.write(file, Map.of("format", "pt", FINGERPRINT, fingerprint), tensors);
        }
    }

    private static String fingerprint(List<LabelledPair> pairs, String name) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(name.getBytes(StandardCharsets.UTF_8));
            for (LabelledPair p : pairs) {
                for (var l : List.of(p.chosen(), p.rejected())) {
                    int[] ids = l.ids();
                    ByteBuffer b = ByteBuffer.allocate(8 * ids.length + 4).putInt(ids.length);
                    for (int t = 0; t < ids.length; t++) b.putInt(ids[t]).putInt(l.label(t));
                    sha.update(b.flip());
                }
            }
            return HexFormat.of().formatHex(sha.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public float[] of(Kernels kernels, PairBatch batch) {
        List<LabelledPair> pairs = batch.pairs();
        int n = pairs.size();
        float[] both = new float[2 * n];
        for (int i = 0; i < n; i++) {
            both[i] = chosen[pairs.get(i).row()];
            both[n + i] = rejected[pairs.get(i).row()];
        }
        return both;
    }
}
