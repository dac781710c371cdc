package dev.gradine.cli.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A slim jar has all of the jar but the libraries of other platforms.
class SlimJarTest {

    private static final Map<String, String> CONTENT = new TreeMap<>(Map.of(
            "META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n",
            "native/lib/tokenizers.properties", "version=1",
            "native/lib/linux-x86_64/cpu/libt.so", "ours",
            "native/lib/win-x86_64/cpu/t.dll", "theirs",
            "com/sun/jna/linux-x86-64/libj.so", "ours too",
            "com/sun/jna/darwin-aarch64/libj.jnilib", "theirs too",
            "com/sun/jna/Native.class", "code",
            "META-INF/versions/9/module-info.class", "theirs as well"));

    @TempDir
    private Path temp = Path.of("");

    @Test
    void libraries_of_other_platforms_are_left_out_and_nothing_else() throws IOException {
        Path jar = temp.resolve("a.jar");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            for (var e : CONTENT.entrySet()) {
                out.putNextEntry(new ZipEntry(e.getKey()));
                out.write(e.getValue().getBytes(StandardCharsets.UTF_8));
                out.closeEntry();
            }
        }
        SlimJar.copy(jar, temp.resolve("b.jar"), "linux-x86_64");
        Map<String, String> expected = new TreeMap<>(CONTENT);
        expected.values().removeIf(v -> v.startsWith("theirs"));
        assertThat(content(temp.resolve("b.jar"))).isEqualTo(expected);
    }

    private static Map<String, String> content(Path jar) throws IOException {
        Map<String, String> content = new TreeMap<>();
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            for (ZipEntry e : zip.stream().toList()) {
                byte[] bytes = zip.getInputStream(e).readAllBytes();
                content.put(e.getName(), new String(bytes, StandardCharsets.UTF_8));
            }
        }
        return content;
    }
}
