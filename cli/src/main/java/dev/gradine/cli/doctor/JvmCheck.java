package dev.gradine.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// The Java that runs this, and how it was started.
public final class JvmCheck {

    /// What kernels need, of `java.flags`; without these they become many times slower.
    static final List<String> NEEDED =
            List.of("-XX:-ClipInlining", "-XX:LiveNodeCountInliningCutoff=120000", "-XX:MaxNodeLimit=240000");

    private static final Set<String> OURS = Set.of(
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC",
            "-Xms32m",
            "-XX:NodeLimitFudgeFactor=6000",
            "-XX:CICompilerCount=3",
            "-XX:+AutoCreateSharedArchive",
            "-XX:CompileCommand=quiet");

    private static final List<String> OURS_BEGIN = List.of(
            "-Dstdout.encoding=",
            "-Dstderr.encoding=",
            "-Dstdin.encoding=",
            "-Dgradine.command=",
            "-Dgradine.stderr=",
            "-Dgradine.home=",
            "-Dgradine.results=",
            "-XX:CompileCommand=dontinline,dev.gradine.",
            "-XX:CompileCommand=inline,dev.gradine.",
            "-XX:SharedArchiveFile=",
            "-Xlog:cds*=off");

    private JvmCheck() {}

    /// Version, vendor and system.
    public static Finding java() {
        String text = "%s, %s, %s %s"
                .formatted(
                        Runtime.version(),
                        System.getProperty("java.vendor"),
                        System.getProperty("os.name"),
                        System.getProperty("os.arch"));
        return Finding.fine("java", text);
    }

    /// The flags of the JVM, against those it needs.
    ///
    /// @param given options of the JVM as it was started
    public static Finding flags(List<String> given) {
        List<String> missing =
                NEEDED.stream().filter(flag -> !given.contains(flag)).toList();
        List<String> more = given.stream().filter(flag -> !isOurs(flag)).toList();
        List<String> slow = more.stream().filter(JvmCheck::isSlow).toList();
        String text = (missing.isEmpty() ? "those of java.flags" : "not those of java.flags")
                + (more.isEmpty() ? "" : ", and " + String.join(" ", more));
        List<String> mend = new ArrayList<>();
        if (!missing.isEmpty()) {
            mend.add("kernels are many times slower without " + String.join(" ", missing)
                    + ": start by ./gradine, or with java @.mvn/java.flags");
        }
        if (!slow.isEmpty()) mend.add(String.join(" ", slow) + " keeps kernels from being compiled: leave it out");
        return mend.isEmpty() ? Finding.fine("flags", text) : Finding.hinders("flags", text, String.join("; ", mend));
    }

    private static boolean isOurs(String flag) {
        return OURS.contains(flag)
                || NEEDED.contains(flag)
                || OURS_BEGIN.stream().anyMatch(flag::startsWith);
    }

    private static boolean isSlow(String flag) {
        return flag.equals("-Xint") || flag.matches("-XX:TieredStopAtLevel=[0-3]") || flag.equals("-XX:-UseCompiler");
    }
}
