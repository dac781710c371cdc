package dev.gradine.serve.api;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/// Names of answers that no other answer has.
final class Ids {

    private static final int BYTES = 12;

    private Ids() {}

    static String of(String prefix) {
        byte[] random = new byte[BYTES];
        ThreadLocalRandom.current().nextBytes(random);
        return prefix + HexFormat.of().formatHex(random);
    }
}
