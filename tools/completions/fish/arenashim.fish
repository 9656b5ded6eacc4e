# Completion of arenashim for fish: commands, options and values are those that --help prints.

function __arenashim_commands
    arenashim --help 2>/dev/null | string replace -rf '^  arenashim ([a-z]+) .*' '$1' | sort -u
end

# The command on the line, if it is one.
function __arenashim_command
    set -l words (commandline -opc)
    contains -- "$words[2]" (__arenashim_commands)
    and echo $words[2]
end

# Options of the command as --help has them, a line each: --sort=live|peak, TAB, what it is.
function __arenashim_options
    set -l command (__arenashim_command)
    or return
    arenashim $command --help 2>/dev/null | string replace -rf '^ +(?:-., )?(--[a-z-]+)(=\S+)?(?: +(.*))?$' '$1$2\t$3'
end

# Options as they can be typed: --sort= asks for a value, --sort=live has one.
function __arenashim_words
    for line in (__arenashim_options)
        set -l parts (string split \t -- $line)
        set -l halves (string split -m 1 = -- $parts[1])
        if not set -q halves[2]
            printf '%s\t%s\n' $halves[1] "$parts[2]"
        else if string match -q '*|*' -- $halves[2]
            printf '%s\n' $halves[1]=(string split '|' -- $halves[2])
        else
            printf '%s=\t%s\n' $halves[1] "$parts[2]"
        end
    end
end

# The word is an option with a fixed set of values: files are not among them.
function __arenashim_chooses
    set -l name (string replace -r '=.*' '' -- (commandline -ct))
    __arenashim_options | string match -q -- "$name=*|*"
end

complete -c arenashim -n __arenashim_chooses -f
# Files without a command are shown, too: they are offered once a letter is typed.
complete -c arenashim -n 'not __arenashim_command >/dev/null; and test -z (commandline -ct)' -f
complete -c arenashim -n 'not __arenashim_command >/dev/null' -a '(__arenashim_commands)'
complete -c arenashim -n 'not __arenashim_command >/dev/null' -f -l help -d 'List the commands'
complete -c arenashim -n 'not __arenashim_command >/dev/null' -f -l version -d 'Print the version'
complete -c arenashim -n '__arenashim_command >/dev/null' -a '(__arenashim_words)'
complete -c arenashim -n 'contains run (__arenashim_command)' -a '(__fish_complete_subcommand --fcs-skip=2 -o --output -t --tag)'
