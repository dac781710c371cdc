package dev.gradine.nn;

import static dev.gradine.autograd.op.Functions.div;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.autograd.op.Softmax.softmax;
import static dev.gradine.autograd.op.SumLast.sumLast;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Largest;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Chooses the experts of each token.
///
/// ```
/// p = softmax(n Wᵀ)      the k experts with the largest p      share = p, or p / Σ of the k chosen
/// ```
///
/// Shazeer et al. 2017 (arXiv:1701.06538), eq. 3 to 5, without noise; softmax before the choice, as Qwen and OLMoE
/// have it.
///
/// @param weight W `[E,C]`
/// @param chosen number k of experts of a token
/// @param sumsToOne whether the shares of a token are divided by their sum
public record Router(Weight weight, int chosen, boolean sumsToOne) {

    /// Which expert computes which token with which share. A row is a token for one of its experts; rows are sorted by
    /// expert, and of one expert by token.
    ///
    /// @param rows which rows an expert has
    /// @param tokens token of each row, `i32[M]`
    /// @param shares share of each row, `f32[M,1]`
    /// @param places rows of all tokens for their largest expert, for their second, and so on, `i32[N]` each
    public record Routed(ExpertRows rows, Tensor tokens, Var shares, List<Tensor> places) {}

    /// Routes `n f32[N,C]`.
    public Routed route(Var n, Pass pass) {
        Var p = softmax(matMul(n, weight.on(n, pass)));
        int tokens = p.shape().dim(0);
        int experts = p.shape().dim(1);
        int[] flat = choose(n.tape().kernels().download(p.value()), tokens, experts);
        Kernels k = n.tape().kernels();
        Var shares = reshape(indexSelect(reshape(p, tokens * experts, 1), k.ofInts(flat)), tokens, chosen);
        if (sumsToOne) shares = div(shares, reshape(sumLast(shares), tokens, 1));
        return sorted(reshape(shares, tokens * chosen, 1), flat, experts);
    }

    /// Places of the chosen in a matrix of N × E values, k for each token, the largest first.
    private int[] choose(float[] p, int tokens, int experts) {
        int[] flat = new int[tokens * chosen];
        for (int t = 0; t < tokens; t++) {
            int[] best = Largest.of(p, t * experts, experts, chosen);
            for (int c = 0; c < chosen; c++) flat[t * chosen + c] = t * experts + best[c];
        }
        return flat;
    }

    private Routed sorted(Var shares, int[] flat, int experts) {
        int[] order = new int[flat.length];
        int[] place = new int[flat.length];
        List<Integer> starts = new ArrayList<>();
        int row = 0;
        for (int e = 0; e < experts; e++) {
            starts.add(row);
            for (int i = 0; i < flat.length; i++) {
                if (flat[i] % experts != e) continue;
                order[row] = i;
                place[i] = row++;
            }
        }
        starts.add(row);
        Kernels k = shares.tape().kernels();
        int[] tokens = new int[flat.length];
        for (int i = 0; i < tokens.length; i++) tokens[i] = order[i] / chosen;
        Var sorted = indexSelect(shares, k.ofInts(order));
        return new Routed(new ExpertRows(starts), k.ofInts(tokens), sorted, places(place, k));
    }

    private List<Tensor> places(int[] place, Kernels k) {
        List<Tensor> all = new ArrayList<>();
        for (int c = 0; c < chosen; c++) {
            int[] of = new int[place.length / chosen];
            for (int t = 0; t < of.length; t++) of[t] = place[t * chosen + c];
            all.add(k.ofInts(of));
        }
        return all;
    }
}
