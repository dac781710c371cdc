package dev.gradine.tensor;

/// The largest of a run of values, as a router chooses experts and VB-LoRA chooses vectors.
public final class Largest {

    private Largest() {}

    /// Places of the k largest of `z[at … at + n)`, counted from `at`, largest first; of equal ones the first.
    public static int[] of(float[] z, int at, int n, int k) {
        int[] chosen = new int[k];
        boolean[] taken = new boolean[n];
        for (int c = 0; c < k; c++) {
            int best = -1;
            for (int j = 0; j < n; j++) {
                if (!taken[j] && (best < 0 || z[at + j] > z[at + best])) best = j;
            }
            taken[best] = true;
            chosen[c] = best;
        }
        return chosen;
    }
}
