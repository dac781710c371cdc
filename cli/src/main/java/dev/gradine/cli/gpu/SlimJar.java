package dev.gradine.cli.gpu;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// A jar without the native libraries of other platforms, and not compressed: what compresses the whole bundle does so
/// better. Module descriptors go too: the program runs from a class path, and jdeps would ask for what they require.
final class SlimJar {

    /// Platform folders as the libraries in use name them: `native/lib/linux-x86_64/…`, `com/sun/jna/linux-x86-64/…`.
    private static final Pattern NATIVE = Pattern.compile("(?:native/lib|com/sun/jna)/([a-z0-9]+-[\\w-]+)/.+");

    private SlimJar() {}

    /// Copies `jar` to `to`.
    ///
    /// @param platform whose libraries stay, such as `linux-x86_64`
    static void copy(Path jar, Path to, String platform) throws IOException {
        try (ZipFile from = new ZipFile(jar.toFile());
                OutputStream file = Files.newOutputStream(to);
                ZipOutputStream out = new ZipOutputStream(file)) {
            out.setLevel(Deflater.NO_COMPRESSION);
            for (Enumeration<? extends ZipEntry> e = from.entries(); e.hasMoreElements(); ) {
                ZipEntry entry = e.nextElement();
                if (!isWanted(entry.getName(), platform)) continue;
                ZipEntry copy = new ZipEntry(entry.getName());
                copy.setTime(entry.getTime());
                out.putNextEntry(copy);
                from.getInputStream(entry).transferTo(out);
                out.closeEntry();
            }
        }
    }

    static boolean isWanted(String name, String platform) {
        Matcher m = NATIVE.matcher(name);
        if (name.endsWith("module-info.class")) return false;
        return !m.matches() || m.group(1).replace('_', '-').equals(platform.replace('_', '-'));
    }
}
