package dev.gradine.cuda.driver.compile;

import dev.gradine.cuda.driver.Natives;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import jcuda.nvrtc.JNvrtc;
import jcuda.nvrtc.nvrtcProgram;

/// NVIDIA's compiler from CUDA C++ to PTX, version 12.0: its PTX is what every driver from CUDA 12.0
/// on loads.
///
/// The text written is the compiler's with a first line that names its source, and two changes:
/// `.file` lines keep names without folders, and constants of `nv::target` that no kernel uses are
/// left out.
public final class Nvrtc {

    /// Names the folder of the compiler's libraries.
    public static final String HOME = "NVRTC_HOME";

    private static final String BUILTINS = "libnvrtc-builtins.so.12.0";
    private static final String LIBRARY = "libnvrtc.so.12";
    private static final List<String> BELOW = List.of("", "lib", "lib64", "nvidia/cuda_nvrtc/lib", "cuda_nvrtc/lib");
    private static final Pattern FILE_LINE = Pattern.compile("(?m)^(\\s*\\.file\\s+\\d+\\s+\")[^\"]*/([^/\"]+\")");

    // Where inlined code came from: ptxas 12.0 crashes on many of these for sm_90.
    private static final Pattern INLINED = Pattern.compile("(?m)^(\\s*\\.loc\\s[\\d\\s]*\\d), function_name .*$");

    private Nvrtc() {}

    /// Loads the compiler.
    ///
    /// @param home value of `NVRTC_HOME`; empty if it is not set
    /// @throws IllegalArgumentException says what is missing and where it is to be had
    @SuppressWarnings("restricted") // libraries that the user names
    public static void load(String home) {
        if (home.isEmpty()) throw new IllegalArgumentException("kernels: " + HOME + " is not set, " + expected());
        Path folder = BELOW.stream()
                .map(Path.of(home)::resolve)
                .filter(f -> Files.exists(f.resolve(LIBRARY)) && Files.exists(f.resolve(BUILTINS)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("kernels: " + HOME + " is " + home + " without "
                        + LIBRARY + " and " + BUILTINS + ", " + expected()))
                .toAbsolutePath();
        System.load(folder.resolve(BUILTINS).toString());
        System.load(folder.resolve(LIBRARY).toString());
        Natives.load("JNvrtc", () -> JNvrtc.setExceptionsEnabled(false));
        int[] major = new int[1];
        int[] minor = new int[1];
        check(JNvrtc.nvrtcVersion(major, minor), "nvrtcVersion");
        if (major[0] != 12 || minor[0] != 0) {
            throw new IllegalArgumentException("kernels: NVRTC is %d.%d, %s".formatted(major[0], minor[0], expected()));
        }
    }

    private static String expected() {
        return "expected the folder of CUDA 12.0's NVRTC, as the Python package nvidia-cuda-nvrtc-cu12 12.0.140 has it";
    }

    /// The PTX file of a source.
    ///
    /// @throws IllegalArgumentException with the compiler's messages
    public static String compile(KernelSource source) {
        String name = source.stem() + ".cu";
        nvrtcProgram program = new nvrtcProgram();
        String[] texts = source.headers().values().toArray(String[]::new);
        String[] names = source.headers().keySet().toArray(String[]::new);
        check(JNvrtc.nvrtcCreateProgram(program, source.text(), name, names.length, texts, names), name);
        try {
            String[] options = {"--gpu-architecture=" + source.architecture(), "--std=c++17", "-lineinfo", "--fmad=true"
            };
            int code = JNvrtc.nvrtcCompileProgram(program, options.length, options);
            String[] log = new String[1];
            JNvrtc.nvrtcGetProgramLog(program, log);
            if (code != 0) throw new IllegalArgumentException(name + ": " + log[0].strip());
            String[] ptx = new String[1];
            check(JNvrtc.nvrtcGetPTX(program, ptx), name);
            return source.firstLine() + "\n" + plain(ptx[0]);
        } finally {
            JNvrtc.nvrtcDestroyProgram(program);
        }
    }

    private static String plain(String ptx) {
        String used = ptx.lines()
                .filter(l -> !(l.contains("_INTERNAL_") && l.contains("nv6target")))
                .collect(Collectors.joining("\n", "", "\n"));
        return INLINED.matcher(FILE_LINE.matcher(used).replaceAll("$1$2")).replaceAll("$1");
    }

    private static void check(int code, String what) {
        if (code != 0) throw new IllegalStateException(what + ": NVRTC " + JNvrtc.nvrtcGetErrorString(code));
    }
}
