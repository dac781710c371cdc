package dev.gradine.serve.api;

import java.util.Arrays;

/// The letters with which byte-level vocabularies write bytes: printable ones stand for themselves, the
/// others for U+0100 and on, in their order. Radford et al. 2019, "Language models are unsupervised
/// multitask learners", in its code.
final class ByteLetters {

    private static final int FIRST = 0x100;
    private static final int[] VALUES = values();

    private ByteLetters() {}

    /// The byte that a letter stands for, −1 for none.
    static int value(char letter) {
        return letter < VALUES.length ? VALUES[letter] : -1;
    }

    private static int[] values() {
        int[] values = new int[FIRST + 256];
        Arrays.fill(values, -1);
        int next = FIRST;
        for (int b = 0; b < 256; b++) {
            boolean isItself = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || (b >= 0xAE);
            values[isItself ? b : next++] = b;
        }
        return values;
    }
}
