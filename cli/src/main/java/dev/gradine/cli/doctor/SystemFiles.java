package dev.gradine.cli.doctor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// The files in which Linux tells about itself. On other systems they are absent, and so is what they say.
///
/// @param proc `/proc`
/// @param sys `/sys`
public record SystemFiles(Path proc, Path sys) {

    private static final int LONGEST = 1 << 20;

    /// Those of this machine.
    public static SystemFiles here() {
        return new SystemFiles(Path.of("/proc"), Path.of("/sys"));
    }

    /// The lines of a file; none where it cannot be read.
    static List<String> lines(Path file) {
        try (var in = Files.newInputStream(file)) {
            return new String(in.readNBytes(LONGEST), StandardCharsets.ISO_8859_1)
                    .lines()
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /// The first line of a file.
    static Optional<String> line(Path file) {
        return lines(file).stream().findFirst().map(String::strip);
    }

    /// What stands behind `key:` in a file of such lines, the first time.
    static Optional<String> value(Path file, String key) {
        return lines(file).stream()
                .filter(l -> l.startsWith(key)
                        && l.substring(key.length()).stripLeading().startsWith(":"))
                .map(l -> l.substring(l.indexOf(':') + 1).strip())
                .findFirst();
    }

    /// The whole number a text begins with.
    static OptionalLong number(String text) {
        String digits = text.strip().split("\\s", 2)[0];
        return digits.matches("\\d{1,18}") ? OptionalLong.of(Long.parseLong(digits)) : OptionalLong.empty();
    }
}
