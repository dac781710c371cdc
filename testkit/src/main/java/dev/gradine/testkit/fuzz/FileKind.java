package dev.gradine.testkit.fuzz;

import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/// A kind of file: how one is made of a seed, and who reads it.
///
/// @param name as the program prints it
/// @param originals at least one
/// @param change makes another file of one of them
/// @param refusals what the reader may throw at a file that it does not take
public record FileKind(
        String name, List<Original> originals, Change change, Set<Class<? extends IllegalArgumentException>> refusals) {

    /// Changes a file.
    public interface Change {
        /// Another file, which depends on the original and on what is drawn alone.
        ///
        /// @param original may be overwritten
        byte[] of(byte[] original, SplittableRandom random);

        /// This change or another, by the toss of a coin.
        default Change or(Change other) {
            return (file, random) -> (random.nextBoolean() ? this : other).of(file, random);
        }
    }

    /// The original that a seed draws.
    public Original original(long seed) {
        return originals.get(random(seed).nextInt(originals.size()));
    }

    /// The file that a seed makes of it.
    public byte[] file(long seed) {
        SplittableRandom random = random(seed);
        return change.of(originals.get(random.nextInt(originals.size())).file(), random);
    }

    private static SplittableRandom random(long seed) {
        return new SplittableRandom(seed);
    }
}
