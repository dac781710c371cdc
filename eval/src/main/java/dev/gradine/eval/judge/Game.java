package dev.gradine.eval.judge;

/// A question on which two models have met twice: once with the candidate's answer first, once second.
///
/// @param question its id; both turns of a conversation have the same
/// @param forward verdict with the candidate as A: A, B, C, or empty for none
/// @param swapped verdict with the candidate as B
/// @param candidateLength characters of the candidate's answer
/// @param baselineLength characters of the other
public record Game(String question, String forward, String swapped, int candidateLength, int baselineLength) {

    /// Whether both verdicts can be read.
    boolean isValid() {
        return !forward.isEmpty() && !swapped.isEmpty();
    }

    /// How many of the two cannot be read.
    int invalid() {
        return (forward.isEmpty() ? 1 : 0) + (swapped.isEmpty() ? 1 : 0);
    }

    /// What the first verdict is worth to the candidate: 1, ½ or 0.
    double forwardScore() {
        return score(forward, "A");
    }

    /// What the second is worth.
    double swappedScore() {
        return score(swapped, "B");
    }

    private static double score(String verdict, String candidate) {
        if (verdict.equals("C")) return 0.5;
        return verdict.equals(candidate) ? 1 : 0;
    }
}
