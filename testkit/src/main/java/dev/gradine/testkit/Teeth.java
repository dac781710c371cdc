package dev.gradine.testkit;

import java.util.function.Consumer;
import org.assertj.core.api.Assertions;

/// A check that cannot fail proves nothing. Each check shows its teeth on results that are wrong on purpose.
public final class Teeth {

    private Teeth() {}

    /// Requires that `check` passes on `result`, and fails when all of it is 1 % too large or when the sign of its
    /// largest value is flipped. Leaves `result` as it was.
    public static void bite(float[] result, Consumer<float[]> check) {
        check.accept(result.clone());
        float[] scaled = result.clone();
        for (int i = 0; i < scaled.length; i++) scaled[i] *= 1.01f;
        requireFailure("a 1 % error", scaled, check);
        float[] flipped = result.clone();
        int largest = largest(flipped);
        flipped[largest] = -flipped[largest];
        requireFailure("a flipped sign", flipped, check);
    }

    private static int largest(float[] x) {
        int at = -1;
        for (int i = 0; i < x.length; i++) {
            if (x[i] != 0 && Float.isFinite(x[i]) && (at < 0 || Math.abs(x[i]) > Math.abs(x[at]))) at = i;
        }
        if (at < 0) Assertions.fail("teeth: the result has no finite value but 0, so no error could show");
        return at;
    }

    private static void requireFailure(String fault, float[] wrong, Consumer<float[]> check) {
        try {
            check.accept(wrong);
        } catch (AssertionError caught) {
            return;
        }
        Assertions.fail("teeth: the check passes in spite of %s", fault);
    }
}
