package dev.gradine.train;

import dev.gradine.align.Packed;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.io.Safetensors;
import dev.gradine.io.Sha256;
import dev.gradine.io.TensorSource;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/// Reference log-probabilities of all sequences of a data set, computed once and kept in a file, so that training
/// needs no reference pass.
///
/// The file holds `logprobs f32[n]`, a value for each labelled token of each different sequence, in the order these
/// first occur, and in its metadata a fingerprint of tokens, labels and the reference's name: a cache made of other
/// data or another reference is refused.
public final class ReferenceCache implements ReferenceLogProbs {

    private static final String FINGERPRINT = "gradine.fingerprint";
    private static final String VALUES = "logprobs";

    private final Map<LabelledTokens, float[]> values;

    private ReferenceCache(Map<LabelledTokens, float[]> values) {
        this.values = values;
    }

    /// What a cache is made from.
    ///
    /// @param reference computes what the cache lacks
    /// @param name of the reference model, part of the fingerprint
    /// @param batch groups computed at a time
    /// @param shareBeginnings whether what a group begins with is read once
    /// @param progress told the number of groups done
    public record Source(
            ReferenceLogProbs reference, String name, int batch, boolean shareBeginnings, IntConsumer progress) {}

    /// Reads `file` if it is there, otherwise computes all sequences and writes it.
    ///
    /// @param groups the sequences of each example
    /// @throws IllegalArgumentException if the file belongs to other data or another reference
    public static ReferenceCache open(Path file, List<List<LabelledTokens>> groups, Source source, Kernels kernels) {
        Set<LabelledTokens> all = new LinkedHashSet<>();
        groups.forEach(all::addAll);
        String fingerprint = fingerprint(all, source.name());
        if (!Files.exists(file)) compute(file, groups, source, kernels, fingerprint);
        try (Arena arena = Arena.ofShared()) {
            Safetensors f = Safetensors.open(file, arena);
            if (!fingerprint.equals(f.metadata().get(FINGERPRINT))) {
                throw new IllegalArgumentException(
                        file + ": made from other data or another reference; delete it to have it computed again");
            }
            return new ReferenceCache(values(f, all, kernels));
        }
    }

    private static Map<LabelledTokens, float[]> values(Safetensors f, Set<LabelledTokens> all, Kernels kernels) {
        float[] v = kernels.download(kernels.fromHost(f.tensor(VALUES)));
        int tokens = all.stream().mapToInt(LabelledTokens::predicted).sum();
        if (v.length != tokens) {
            throw new IllegalArgumentException(
                    "%s: %s has %d values, expected %d".formatted(f.path(), VALUES, v.length, tokens));
        }
        return divided(v, all);
    }

    /// The values of each sequence, of those of all.
    private static Map<LabelledTokens, float[]> divided(float[] all, Collection<LabelledTokens> sequences) {
        Map<LabelledTokens, float[]> values = new HashMap<>();
        int at = 0;
        for (LabelledTokens l : sequences) {
            int end = at + l.predicted();
            values.put(l, Arrays.copyOfRange(all, at, end));
            at = end;
        }
        return values;
    }

    private static void compute(Path file, List<List<LabelledTokens>> groups, Source s, Kernels k, String fingerprint) {
        Map<LabelledTokens, float[]> values = new LinkedHashMap<>();
        for (List<LabelledTokens> group : groups)
            for (LabelledTokens l : group) values.put(l, new float[0]); // in the order of the file
        for (int from = 0; from < groups.size(); from += s.batch()) {
            List<List<LabelledTokens>> some = groups.subList(from, Math.min(groups.size(), from + s.batch()));
            try (Kernels step = k.openStep()) {
                Packed packed = Packed.of(some, s.shareBeginnings());
                values.putAll(divided(s.reference().of(step, packed), packed.sequences()));
            }
            s.progress().accept(from + some.size());
        }
        float[] flat = joined(values.values());
        try (Arena arena = Arena.ofShared()) {
            Tensor tensor = Tensor.of(arena, Shape.of(flat.length), flat);
            Map<String, String> metadata = Map.of("format", "pt", FINGERPRINT, fingerprint);
            Safetensors.write(file, metadata, List.of(TensorSource.of(VALUES, tensor)));
        }
    }

    private static String fingerprint(Set<LabelledTokens> all, String name) {
        Sha256 sha = new Sha256();
        sha.add(name);
        for (LabelledTokens l : all) {
            int[] ids = l.ids();
            sha.add(ids.length);
            for (int t = 0; t < ids.length; t++) sha.add(ids[t], l.label(t));
        }
        return sha.hex();
    }

    @Override
    public float[] of(Kernels kernels, Packed batch) {
        return joined(batch.sequences().stream().map(this::of).toList());
    }

    private float[] of(LabelledTokens sequence) {
        float[] value = values.get(sequence);
        if (value == null) throw new IllegalStateException("reference cache: lacks a sequence of the batch");
        return value;
    }

    private static float[] joined(Collection<float[]> parts) {
        float[] all = new float[parts.stream().mapToInt(p -> p.length).sum()];
        int at = 0;
        for (float[] p : parts) {
            System.arraycopy(p, 0, all, at, p.length);
            at += p.length;
        }
        return all;
    }
}
