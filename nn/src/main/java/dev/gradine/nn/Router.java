package dev.gradine.nn;

import static dev.gradine.autograd.op.AddBias.addBias;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Reshape.reshape;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Chooses the experts of each token.
///
/// ```
/// r = n Wᵀ + b        p = scores(r)        the chosen: by p        share = shares(p of the chosen)
/// ```
///
/// Shazeer et al. 2017 (arXiv:1701.06538), eq. 3 to 5, without noise. Families differ in all three: see `RouterRules`.
/// The choice has no gradient; the shares have.
///
/// @param weight W `[E,C]`
/// @param bias b `[E]`, or null for none
/// @param scores of all experts, from their logits
/// @param choice which of them a token has
/// @param shares how much each of those counts
/// @param balance coefficient c of the loss that asks for all experts evenly, 0 for none: see `LoadBalance`
public record Router(
        Weight weight,
        @Nullable Weight bias,
        RouterRules.Scores scores,
        RouterRules.Choice choice,
        RouterRules.Shares shares,
        float balance) {

    /// Which expert computes which token with which share. A row is a token for one of its experts; rows are sorted by
    /// expert, and of one expert by token.
    ///
    /// @param rows which rows an expert has
    /// @param tokens token of each row, `i32[M]`
    /// @param shares share of each row, `f32[M,1]`
    /// @param places rows of all tokens for their largest expert, for their second, and so on, `i32[N]` each
    public record Routed(ExpertRows rows, Tensor tokens, Var shares, List<Tensor> places) {}

    /// Logits r of all experts, `f32[N,C] → f32[N,E]`.
    public Var logits(Var n, Pass pass) {
        Var r = matMul(n, weight.on(n, pass));
        Var biased = bias == null ? r : addBias(r, bias.on(n, pass));
        return balance == 0 || pass.cache() != null ? biased : pass.balance().noted(this, biased, pass.rows());
    }

    /// Routes `n f32[N,C]`.
    public Routed route(Var n, Pass pass) {
        Var p = scores.of(logits(n, pass));
        int tokens = p.shape().dim(0);
        int experts = p.shape().dim(1);
        Kernels k = n.tape().kernels();
        int[] flat = choice.choose(k.download(p.value()), tokens, experts);
        int chosen = choice.count();
        Var some = reshape(indexSelect(reshape(p, tokens * experts, 1), k.ofInts(flat)), tokens, chosen);
        return sorted(reshape(shares.of(some), tokens * chosen, 1), flat, experts);
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
        for (int i = 0; i < tokens.length; i++) tokens[i] = order[i] / choice.count();
        Var sorted = indexSelect(shares, k.ofInts(order));
        return new Routed(
                new ExpertRows(starts, tokens.length / choice.count()), k.ofInts(tokens), sorted, places(place, k));
    }

    private List<Tensor> places(int[] place, Kernels k) {
        List<Tensor> all = new ArrayList<>();
        int chosen = choice.count();
        for (int c = 0; c < chosen; c++) {
            int[] of = new int[place.length / chosen];
            for (int t = 0; t < of.length; t++) of[t] = place[t * chosen + c];
            all.add(k.ofInts(of));
        }
        return all;
    }
}
