# What Debian wants in other places or forms than `cmake --install` gives it. CPack runs this
# before it builds the package.
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)
file(MAKE_DIRECTORY ${root}/zsh/vendor-completions)
file(RENAME ${root}/zsh/site-functions/_asyncbench ${root}/zsh/vendor-completions/_asyncbench)
file(REMOVE_RECURSE ${root}/zsh/site-functions)
# Every Debian has the text of the licence.
file(REMOVE ${root}/doc/asyncbench/LICENSE)
file(WRITE ${root}/doc/asyncbench/copyright "\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
Copyright: the asyncbench authors
License: Apache-2.0
 See /usr/share/common-licenses/Apache-2.0.
")
execute_process(COMMAND gzip -9n ${root}/man/man1/asyncbench.1 COMMAND_ERROR_IS_FATAL ANY)
