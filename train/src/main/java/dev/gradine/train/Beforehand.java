package dev.gradine.train;

import dev.gradine.align.Packed;
import dev.gradine.align.Reading;
import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.data.encode.Attempt;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.tensor.Kernels;
import java.util.Arrays;
import java.util.List;

/// Log-probabilities of answers before the policy learns from them: its own, and those of the reference.
///
/// @param reference `ReferenceLogProbs.none()` without one
/// @param run lifetime within which passes are opened
record Beforehand(Learner learner, ReferenceLogProbs reference, Kernels run) {

    private Policy policy() {
        return learner.policy();
    }

    /// The answers to one prompt with the log-probabilities of their tokens.
    ///
    /// @param own whether the policy's are wanted, too
    List<Attempt> see(List<Attempt> attempts, boolean own, float temperature) {
        List<LabelledTokens> answers = attempts.stream().map(Attempt::answer).toList();
        Packed packed = Packed.of(List.of(answers), learner.adapters().areCausal());
        float[] old = own ? logProbs(packed, temperature) : new float[0];
        float[] frozen;
        try (Kernels k = run.openStep()) {
            frozen = reference.at(temperature).of(k, packed);
        }
        Attempt[] seen = new Attempt[attempts.size()];
        int at = 0;
        for (int i = 0; i < seen.length; i++) {
            int end = at + attempts.get(i).length();
            seen[i] = attempts.get(i).seen(part(old, at, end), part(frozen, at, end));
            at = end;
        }
        return List.of(seen);
    }

    private static float[] part(float[] all, int from, int to) {
        return all.length == 0 ? all : Arrays.copyOfRange(all, from, to);
    }

    private float[] logProbs(Packed packed, float temperature) {
        try (Kernels k = run.openStep()) {
            Pass pass = policy().pass(Tape.noGrad(k), packed.tokens());
            var h = policy().model().hidden(pass);
            return k.download(TokenLogProbs.of(policy().model(), pass, h, packed, Reading.at(temperature))
                    .values()
                    .value());
        }
    }
}
