package dev.gradine.peft;

import dev.gradine.nn.Site;
import dev.gradine.peft.SparseSum.Prune;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.linalg.Svd;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// One LoRA out of several, as PEFT's `add_weighted_adapter` makes it.
///
/// ```
/// c_i = w_i s_i
/// linear:   A = Σ sign(c_i) √|c_i| A_i, B = Σ √|c_i| B_i       in general not the sum of the updates
/// cat:      A = [c_1 A_1; c_2 A_2; …], B = [B_1, B_2, …]        exact, the ranks add up
/// svd:      Σ w_i s_i B_i A_i = U S Vᵀ, B = U_r S_r, A = V_rᵀ   the nearest of rank r
/// average:  cat with w_i / Σ w, or with a rank svd of it        the average of the updates
/// ```
///
/// The others are `SparseSum` in the place of Σ: of A and of B apart, or with `_svd` of the updates. The result
/// has the scale 1.
///
/// @param type which of them
/// @param density share of the values that pruning leaves; NaN where nothing is pruned
/// @param svdRank rank of `svd` forms, and of `average`; 0 for the largest of the adapters'
/// @param svdClamp quantile to which values of both factors are clamped; NaN for none
/// @param byFrequency whether TIES elects signs by counting
/// @param seed of what DARE drops
public record Combination(Type type, double density, int svdRank, double svdClamp, boolean byFrequency, long seed) {

    /// What is made of the adapters.
    public enum Type {
        LINEAR(Prune.NOTHING, false),
        CAT(Prune.NOTHING, false),
        SVD(Prune.NOTHING, false),
        TIES(Prune.SMALL, true),
        TIES_SVD(Prune.SMALL, true),
        DARE_LINEAR(Prune.RANDOM, false),
        DARE_TIES(Prune.RANDOM, true),
        DARE_LINEAR_SVD(Prune.RANDOM, false),
        DARE_TIES_SVD(Prune.RANDOM, true),
        MAGNITUDE_PRUNE(Prune.SMALL, false),
        MAGNITUDE_PRUNE_SVD(Prune.SMALL, false),
        AVERAGE(Prune.NOTHING, false);

        private final Prune prune;
        private final boolean ties;

        Type(Prune prune, boolean ties) {
            this.prune = prune;
            this.ties = ties;
        }

        SparseSum arithmetic() {
            return new SparseSum(prune, ties);
        }

        /// As a user writes it.
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        boolean prunes() {
            return prune != Prune.NOTHING;
        }

        boolean decomposes() {
            return name().endsWith("SVD");
        }

        /// Whether ranks must be equal, since A and B are summed apart.
        boolean sumsFactors() {
            return !decomposes() && this != CAT && this != AVERAGE;
        }
    }

    /// @throws AdapterException if a number is out of range
    public Combination {
        if (type.prunes() && !(density >= 0)) {
            throw new AdapterException("combine: density is %s, expected a share of 0 to 1 (%s prunes)"
                    .formatted(Double.isNaN(density) ? "missing" : density, type.text()));
        }
        if (type.prune == Prune.RANDOM && density == 0) {
            throw new AdapterException(
                    "combine: density is 0.0, expected more (%s divides by it)".formatted(type.text()));
        }
        if (svdRank < 0) throw new AdapterException("combine: svd-rank is %d, expected >= 1".formatted(svdRank));
        if (svdClamp < 0 || svdClamp > 1) {
            throw new AdapterException("combine: svd-clamp is %s, expected a quantile of 0 to 1".formatted(svdClamp));
        }
    }

    /// Whether the result is the weighted sum of the updates, up to rounding.
    public boolean isExact(int adapters) {
        return type == Type.CAT || (type == Type.AVERAGE && svdRank == 0) || (type == Type.LINEAR && adapters == 1);
    }

    /// The weights of the updates in the sum that the result is, or is near to.
    public List<Double> summed(List<Double> weights) {
        if (type != Type.AVERAGE) return weights;
        double sum = weights.stream().mapToDouble(w -> w).sum();
        if (sum == 0) throw new AdapterException("combine: the weights add up to 0, expected another sum to divide by");
        return weights.stream().map(w -> w / sum).toList();
    }

    /// The adapter made of several for one model; of one alone, `linear`, whatever the type.
    ///
    /// @param sets by name
    /// @param run lifetime of the result
    /// @throws AdapterException names the adapter that cannot be combined, and why
    public AdapterSet of(SequencedMap<String, AdapterSet> sets, List<Double> weights, Kernels run) {
        if (sets.size() == 1 && type != Type.LINEAR && type != Type.AVERAGE) {
            return new Combination(Type.LINEAR, density, svdRank, svdClamp, byFrequency, seed).of(sets, weights, run);
        }
        Ingredients in = new Ingredients(sets);
        int rank = rank(in);
        AdapterSet made = in.fresh(rank, run);
        List<Double> w = summed(weights);
        RandomGenerator rng = new SplittableRandom(seed);
        made.adapters().forEach((site, adapter) -> {
            try (Kernels k = run.openStep()) {
                LowRankPair pair = at(site, in, w, rank, rng, k).padded(rank, k);
                LowRankPair to = LowRankPair.of(adapter);
                k.copy(pair.a(), to.a());
                k.copy(pair.b(), to.b());
            }
        });
        return made;
    }

    private int rank(Ingredients in) {
        List<Integer> ranks = in.ranks();
        if (type == Type.CAT || (type == Type.AVERAGE && svdRank == 0)) {
            return ranks.stream().mapToInt(r -> r).sum();
        }
        if (type.sumsFactors() && ranks.stream().distinct().count() > 1) {
            throw new AdapterException("combine: the ranks are %s, expected equal ones (%s adds A to A and B to B)"
                    .formatted(ranks, type.text()));
        }
        boolean given = svdRank > 0 && !type.sumsFactors();
        return given ? svdRank : ranks.stream().mapToInt(r -> r).max().orElseThrow();
    }

    private LowRankPair at(Site site, Ingredients in, List<Double> w, int rank, RandomGenerator rng, Kernels k) {
        SequencedMap<Adapter, Double> here = new LinkedHashMap<>();
        List<AdapterSet> sets = in.sets();
        for (int i = 0; i < sets.size(); i++) {
            Adapter a = sets.get(i).adapter(site);
            if (a != null) here.put(a, w.get(i));
        }
        if (type.sumsFactors()) return factors(site, here, rng, k);
        if (!type.prunes()) {
            LowRankPair stacked = stacked(here, k);
            if (stacked.rank() <= rank && !type.decomposes()) return stacked;
            return clamped(LowRankPair.of(Svd.ofProduct(stacked.b(), stacked.a(), k), rank, k), k);
        }
        return clamped(LowRankPair.of(Svd.leading(deltas(here, rng, k), rank, k), rank, k), k);
    }

    private LowRankPair factors(Site site, SequencedMap<Adapter, Double> here, RandomGenerator rng, Kernels k) {
        List<float[]> as = new ArrayList<>();
        List<float[]> bs = new ArrayList<>();
        float[] ofA = new float[here.size()];
        float[] ofB = new float[here.size()];
        LowRankPair first = LowRankPair.of(here.firstEntry().getKey());
        for (var e : here.entrySet()) {
            LowRankPair p = LowRankPair.of(e.getKey());
            if (p.rank() != first.rank()) {
                throw new AdapterException("combine: the ranks at %s are %d and %d, expected equal ones (%s adds A to A"
                                .formatted(site.path(), first.rank(), p.rank(), type.text())
                        + " and B to B)");
            }
            double c = e.getValue() * LowRankPair.scale(e.getKey());
            ofA[as.size()] = (float) (Math.sqrt(Math.abs(c)) * (c >= 0 ? 1 : -1));
            ofB[bs.size()] = (float) Math.sqrt(Math.abs(c));
            as.add(k.download(p.a()));
            bs.add(k.download(p.b()));
        }
        SparseSum.Share share = new SparseSum.Share(density, byFrequency);
        Tensor a = k.of(first.a().shape(), type.arithmetic().sum(as, ofA, share, rng));
        return new LowRankPair(a, k.of(first.b().shape(), type.arithmetic().sum(bs, ofB, share, rng)));
    }

    private static LowRankPair stacked(SequencedMap<Adapter, Double> here, Kernels k) {
        int rank =
                here.keySet().stream().mapToInt(a -> LowRankPair.of(a).rank()).sum();
        LowRankPair first = LowRankPair.of(here.firstEntry().getKey());
        int in = first.a().shape().dim(1);
        int out = first.b().shape().dim(0);
        float[] a = new float[rank * in];
        float[] b = new float[out * rank];
        int at = 0;
        for (var e : here.entrySet()) {
            LowRankPair p = LowRankPair.of(e.getKey());
            float[] rows = k.download(p.a());
            float[] columns = k.download(p.b());
            float w = e.getValue().floatValue();
            float s = LowRankPair.scale(e.getKey());
            for (int i = 0; i < rows.length; i++) a[at * in + i] = rows[i] * w * s;
            for (int i = 0; i < columns.length; i++) b[i / p.rank() * rank + at + i % p.rank()] = columns[i];
            at += p.rank();
        }
        return new LowRankPair(k.of(Shape.of(rank, in), a), k.of(Shape.of(out, rank), b));
    }

    private Tensor deltas(SequencedMap<Adapter, Double> here, RandomGenerator rng, Kernels k) {
        List<float[]> deltas = new ArrayList<>();
        float[] weights = new float[here.size()];
        Shape shape = Shape.SCALAR;
        for (var e : here.entrySet()) {
            Tensor d = LowRankPair.of(e.getKey()).delta(LowRankPair.scale(e.getKey()), k);
            shape = d.shape();
            weights[deltas.size()] = e.getValue().floatValue();
            deltas.add(k.download(d));
        }
        SparseSum.Share share = new SparseSum.Share(density, byFrequency);
        return k.of(shape, type.arithmetic().sum(deltas, weights, share, rng));
    }

    /// Values of both factors within ± the quantile of all of them, between two of them as far as it lies.
    private LowRankPair clamped(LowRankPair pair, Kernels k) {
        if (Double.isNaN(svdClamp)) return pair;
        float[] b = k.download(pair.b());
        float[] a = k.download(pair.a());
        float[] all = Arrays.copyOf(b, b.length + a.length);
        System.arraycopy(a, 0, all, b.length, a.length);
        Arrays.sort(all);
        double at = svdClamp * (all.length - 1);
        int below = (int) at;
        int above = Math.min(below + 1, all.length - 1);
        float bound = (float) (all[below] + (at - below) * (all[above] - all[below]));
        for (int i = 0; i < a.length; i++) a[i] = Math.min(Math.max(a[i], -bound), bound);
        for (int i = 0; i < b.length; i++) b[i] = Math.min(Math.max(b[i], -bound), bound);
        return new LowRankPair(k.of(pair.a().shape(), a), k.of(pair.b().shape(), b));
    }
}
