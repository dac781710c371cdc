package dev.gradine.cuda.driver.compile;

import dev.gradine.cuda.driver.Natives;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;

/// The assembler from PTX to a GPU's own code, to find what a parser accepts and an assembler
/// refuses. It needs neither a GPU nor a toolkit.
public final class Assembler {

    private static final Pattern FUNCTION = Pattern.compile("Compiling entry function '([\\w$]+)'");
    private static final Pattern SPILLS = Pattern.compile("(\\d+) bytes spill stores, (\\d+) bytes spill loads");
    private static final Pattern REGISTERS = Pattern.compile("Used (\\d+) registers");

    // Of products of a warpgroup that it could not leave under way.
    private static final Pattern SERIALIZED =
            Pattern.compile("wgmma.mma_async instructions are serialized .*in the function '([\\w$]+)'");

    private Assembler() {}

    /// What one kernel takes on one architecture.
    ///
    /// @param entry its name
    /// @param target such as `sm_80`
    /// @param registers of a thread
    /// @param spilled bytes that did not fit in registers and are written to memory
    /// @param serialized whether products of a warpgroup wait for each other, because other instructions
    ///     touch their registers meanwhile
    public record Cost(String entry, String target, int registers, int spilled, boolean serialized) {}

    /// Assembles a PTX text.
    ///
    /// @param target such as `sm_90`
    /// @throws IllegalArgumentException with the assembler's messages
    public static List<Cost> assemble(String name, String ptx, String target) {
        Natives.load("JNvPTXCompiler", () -> JNvPTXCompiler.setExceptionsEnabled(false));
        byte[] text = (ptx + "\0").getBytes(StandardCharsets.UTF_8);
        nvPTXCompilerHandle handle = new nvPTXCompilerHandle();
        check(JNvPTXCompiler.nvPTXCompilerCreate(handle, text.length, text), name);
        try {
            String[] options = {"--gpu-name=" + target, "--verbose"};
            int code = JNvPTXCompiler.nvPTXCompilerCompile(handle, options.length, options);
            if (code != 0) throw new IllegalArgumentException(name + ": " + errors(handle));
            return costs(info(handle), target);
        } finally {
            JNvPTXCompiler.nvPTXCompilerDestroy(handle);
        }
    }

    private static List<Cost> costs(String log, String target) {
        Set<String> serialized =
                SERIALIZED.matcher(log).results().map(r -> r.group(1)).collect(Collectors.toSet());
        List<Cost> costs = new ArrayList<>();
        String entry = "";
        int spilled = 0;
        for (String line : log.lines().toList()) {
            Matcher m = FUNCTION.matcher(line);
            if (m.find()) entry = m.group(1);
            m = SPILLS.matcher(line);
            if (m.find()) spilled = Integer.parseInt(m.group(1));
            m = REGISTERS.matcher(line);
            if (!m.find()) continue;
            costs.add(new Cost(entry, target, Integer.parseInt(m.group(1)), spilled, serialized.contains(entry)));
        }
        return costs;
    }

    private static String errors(nvPTXCompilerHandle handle) {
        long[] size = new long[1];
        JNvPTXCompiler.nvPTXCompilerGetErrorLogSize(handle, size);
        byte[] log = new byte[Math.toIntExact(size[0]) + 1];
        JNvPTXCompiler.nvPTXCompilerGetErrorLog(handle, log);
        return text(log);
    }

    private static String info(nvPTXCompilerHandle handle) {
        long[] size = new long[1];
        JNvPTXCompiler.nvPTXCompilerGetInfoLogSize(handle, size);
        byte[] log = new byte[Math.toIntExact(size[0]) + 1];
        JNvPTXCompiler.nvPTXCompilerGetInfoLog(handle, log);
        return text(log);
    }

    private static String text(byte[] log) {
        int end = 0;
        while (end < log.length && log[end] != 0) end++;
        return new String(Arrays.copyOf(log, end), StandardCharsets.UTF_8).strip();
    }

    private static void check(int code, String what) {
        if (code != 0) throw new IllegalStateException(what + ": PTX compiler error " + code);
    }
}
